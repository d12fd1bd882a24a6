"""The house that is measured: started as `linli up` starts it, in a folder of its own, with a small town in it."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from faults.ground import UNLIMITED, house_token
from faults.load import Load
from faults.people import Town, open_town
from local_runtime import supervise
from local_runtime.databases import service_dsn
from local_runtime.home import Home
from local_runtime.house import SERVICES, service_named
from local_runtime.system_user import data_folder
from local_runtime.up import Running, down, up
from platform_kit.testing import seeing_all

# One process uses one core, and there are two: the clients, PostgreSQL and these share them.
GATEWAYS = 2


@dataclass
class Ground:
    home: Home
    running: Running
    seed: int
    say: Callable[[str], None]
    _town: Town | None = None

    def dsn(self, service: str, *, owner: bool = False) -> str:
        """Of the service's own role, or of the owner, that sees all rows: for measuring, not for what is measured."""
        found = service_dsn(self.home, self.running.maintenance_dsn, service_named(service), owner=owner)
        return seeing_all(found)

    def token(self, *roles: str, subject: Any, posts: tuple[tuple[str, Any, str], ...] = ()) -> str:
        return house_token(self.home, *roles, subject=subject, posts=posts)

    def process(self, name: str) -> psutil.Process:
        info = next(each for each in supervise.processes(self.home) if each["name"] == name)
        return psutil.Process(info["pid"])

    def postgres(self) -> list[psutil.Process]:
        """The postmaster and all of its children."""
        pid = int((data_folder(self.home) / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        return [postmaster, *postmaster.children()]

    @contextmanager
    def without_workers(self) -> Iterator[None]:
        """The command path alone: nobody relays or consumes meanwhile. They carry on afterwards."""
        rpc = supervise.remote(self.home).supervisor
        workers = [f"{supervise.HOUSE}:{service.name}.worker" for service in SERVICES]
        for name in workers:
            rpc.stopProcess(name)
        try:
            yield
        finally:
            for name in workers:
                rpc.startProcess(name)

    def town(self) -> Town:
        """People and their tokens, made through the gateway by whoever asks first."""

        async def made() -> Town:
            load = Load("bench", self.running.gateway, self.seed)
            await load.open()
            try:
                return await open_town(self, load)  # type: ignore[arg-type]
            finally:
                await load.close()

        if self._town is None:
            self._town = asyncio.run(made())
        return self._town


@contextmanager
def ground(seed: int, say: Callable[[str], None]) -> Iterator[Ground]:
    root = Path(tempfile.mkdtemp(prefix=f"linli-bench-{os.getpid()}-")).resolve()
    root.chmod(0o755)
    home = Home(root)
    os.environ.update(UNLIMITED)
    try:
        yield Ground(home, up(home, say, services=SERVICES, usual_ports=False, gateways=GATEWAYS), seed, say)
    finally:
        down(home, lambda _: None)
        shutil.rmtree(root, ignore_errors=True)
