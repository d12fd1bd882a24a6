"""The page about the kit shows a complete service; this is that service, taken from the page and run."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from platform_kit.testing import service_under_test

PAGE = Path(__file__).parents[3] / "docs" / "kit.md"


@pytest.fixture
def doorbell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    blocks = re.findall(r"```python\n# (doorbell/\S+)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for name, code in blocks:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(code)
    (tmp_path / "doorbell" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert len(blocks) == 2
    yield "doorbell"
    for module in [each for each in sys.modules if each.startswith("doorbell")]:
        del sys.modules[module]


async def test_the_smallest_service_takes_commands_publishes_and_consumes(
    doorbell: str, servers: Any
) -> None:
    async with service_under_test(doorbell, servers.postgres_dsn) as service:
        by, bell = service.caller("resident"), uuid4()
        for _ in range(2):
            answer = await service.post("/rings", json={"bell_id": str(bell)}, by=by)
            assert answer.status_code == 201
        assert answer.json() == {"id": str(bell), "version": 2}
        [first, second] = await service.published()
        await service.deliver("heard", first.data, second.data)
        async with service.tx() as tx:
            assert await tx.fetchval("SELECT heard FROM bell WHERE id = $1", bell) == 2
