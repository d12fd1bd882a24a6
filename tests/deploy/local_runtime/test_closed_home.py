"""Root's own folders are closed to the account that the database runs as; they stay closed."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from local_runtime import orphans, system_user
from local_runtime.cli import app
from local_runtime.home import Home
from local_runtime.up import up

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="only root lends the database another account"),
    pytest.mark.timeout(240),
]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stand-in for the system's folder of such data, empty at first."""
    folder = Path(tempfile.mkdtemp(prefix="linli-outside-"))
    folder.chmod(0o755)
    monkeypatch.setattr(system_user, "_OUTSIDE", folder / "linli")
    yield folder / "linli"
    shutil.rmtree(folder)


@pytest.fixture
def closed() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="linli-closed-"))
    yield folder
    shutil.rmtree(folder)


def test_a_database_starts_from_a_closed_folder_and_reset_leaves_nothing(
    outside: Path, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_can_reach = system_user.can_reach
    wheel = system_user._wheel()

    def can_reach(account: object, path: Path) -> bool:
        # As if the wheel were installed below root's home, too.
        return not path.is_relative_to(wheel) and really_can_reach(account, path)  # type: ignore[arg-type]

    monkeypatch.setattr(system_user, "can_reach", can_reach)
    home = Home(closed / "home")

    running = up(home, lambda _: None, services=(), usual_ports=False)

    data = system_user.data_folder(home)
    assert data.is_relative_to(outside)
    assert system_user.binaries().is_relative_to(outside)
    assert closed.stat().st_mode & 0o077 == 0

    async def version() -> object:
        connection = await asyncpg.connect(running.maintenance_dsn)
        try:
            return await connection.fetchval("SHOW server_version")
        finally:
            await connection.close()

    assert str(asyncio.run(version())).startswith("18")

    result = CliRunner().invoke(app, ["reset", "--yes", "--home", str(home.root)])

    assert result.exit_code == 0, result.output
    assert not data.exists()
    assert not home.root.exists()
    assert orphans.left_behind(home) == []
