"""The real PostgreSQL and Kafka, once for a test run, shared by its workers."""

from collections.abc import Iterator

import pytest

from access.judged import pytest_terminal_summary as pytest_terminal_summary
from proof.figures import figure as figure
from servers import TestServers, open_servers


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[TestServers]:
    """`postgres_dsn` is a superuser's, for making databases; `kafka` the bootstrap address."""
    # The parent of the workers' folders is one for the whole run.
    shared = tmp_path_factory.getbasetemp()
    with open_servers(shared if worker_id == "master" else shared.parent) as opened:
        yield opened
