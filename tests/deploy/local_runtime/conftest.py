import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_runtime import supervise
from local_runtime.home import Home
from local_runtime.system_user import data_folder
from local_runtime.up import down


@pytest.fixture(autouse=True)
def own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about starting servers, so none may be given from outside."""
    for name in ("DATABASE_URL", "LINLI_KAFKA", "KAFKA_HOME", "LINLI_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def new_home() -> Iterator[Callable[[], Home]]:
    """Makes homes where another account may pass through; whatever runs in them is stopped at the end."""
    made: list[Home] = []

    def make() -> Home:
        home = Home(Path(tempfile.mkdtemp(prefix="linli-runtime-")).resolve())
        made.append(home)
        return home

    yield make
    for home in made:
        down(home, lambda _: None)
        shutil.rmtree(data_folder(home), ignore_errors=True)
        shutil.rmtree(home.root)


@pytest.fixture
def home(new_home: Callable[[], Home]) -> Home:
    return new_home()


@pytest.fixture
def pid_of(home: Home) -> Callable[[str], int]:
    """The process that the supervisor runs under that name now; 0 while it has none."""

    def pid(name: str) -> int:
        return next(int(each["pid"]) for each in supervise.processes(home) if each["name"] == name)

    return pid
