"""The real PostgreSQL and Kafka, once for a test run, shared by its workers."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from access.judged import pytest_terminal_summary as pytest_terminal_summary
from proof.figures import figure as figure
from servers import TestServers, open_servers

# How long an example takes is the machine's affair, which others use too.
settings.register_profile("linli", deadline=None)
settings.load_profile("linli")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in which a test may take long come first, so that no worker is left alone with one at the end."""
    longest: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        mark = item.get_closest_marker("timeout")
        longest[item.path] = max(longest[item.path], mark.args[0] if mark else 0)
    items.sort(key=lambda item: -longest[item.path])


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[TestServers]:
    """`postgres_dsn` is a superuser's, for making databases; `kafka` the bootstrap address."""
    # The parent of the workers' folders is one for the whole run.
    shared = tmp_path_factory.getbasetemp()
    with open_servers(shared if worker_id == "master" else shared.parent) as opened:
        yield opened
