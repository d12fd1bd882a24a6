"""The house that is measured: started as `linli up` starts it, in a folder of its own, with a small town in it."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from event_contracts.resident_requests import REQUESTS
from faults.ground import UNLIMITED, house_token
from faults.load import Load
from faults.people import Town, open_town
from local_runtime import supervise
from local_runtime.databases import service_dsn
from local_runtime.home import Home
from local_runtime.house import SERVICES, service_named
from local_runtime.system_user import data_folder
from local_runtime.up import Running, down, up
from platform_kit.service import find
from platform_kit.testing import seeing_all

# One process uses one core, and there are two: the clients, PostgreSQL and these share them.
GATEWAYS = 2
CAUGHT_UP_SECONDS = 60


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

    async def caught_up(self) -> None:
        """Every consumer of the requests has every one of them. What somebody filed a figure ago is not to be counted as this one's."""
        listening = [
            (service.name, f"{service.name}.{consumer.name}")
            for service in SERVICES
            for consumer in find(service.name).consumers
            if REQUESTS.name in consumer.topics
        ]
        async with asyncio.timeout(CAUGHT_UP_SECONDS), AsyncExitStack() as stack:
            databases = {
                name: await stack.enter_async_context(self._connected(name))
                for name in {"resident_requests", *(name for name, _ in listening)}
            }
            count = await databases["resident_requests"].fetchval("SELECT count(*) FROM request")
            sql = "SELECT count(*) FROM inbox WHERE consumer = $1 AND topic = $2"
            for name, group in listening:
                while await databases[name].fetchval(sql, group, REQUESTS.name) < count:
                    await asyncio.sleep(0.02)

    @asynccontextmanager
    async def _connected(self, service: str) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(self.dsn(service))
        try:
            yield connection
        finally:
            await connection.close()

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
