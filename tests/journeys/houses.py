"""A house of a test's own: everything real, in a folder and on ports of its own."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from local_runtime import supervise
from local_runtime.databases import maintenance_dsn, service_dsn
from local_runtime.home import Home
from local_runtime.house import SERVICES, service_named
from local_runtime.ports import remembered
from local_runtime.status import Status, look
from local_runtime.up import Running, down
from platform_kit.testing import seeing_all

PATIENCE = 120.0


@dataclass
class House:
    home: Home

    @property
    def running(self) -> Running:
        ports = remembered(self.home)
        return Running(self.home, ports, maintenance_dsn(self.home, ports), f"127.0.0.1:{ports['kafka']}")

    def linli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "local_runtime", *arguments, "--home", str(self.home.root)],
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip

    def start_demo(self, households: int, reports: int) -> "subprocess.Popen[str]":
        command = ["demo", "--free-ports", "--households", str(households), "--reports", str(reports)]
        return subprocess.Popen(
            [sys.executable, "-m", "local_runtime", *command, "--home", str(self.home.root)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "COLUMNS": "160"},
        )  # fmt: skip

    def process(self, name: str) -> psutil.Process:
        info = next(each for each in supervise.processes(self.home) if each["name"] == name)
        if not info["pid"]:
            raise supervise.NotRunning(f"{name} is {info['statename']}")
        return psutil.Process(info["pid"])

    def ask(self, service: str, sql: str) -> Any:
        """One value from a service's database: for counting from outside, never for changing."""

        async def fetch() -> Any:
            dsn = service_dsn(self.home, self.running.maintenance_dsn, service_named(service))
            connection = await asyncpg.connect(seeing_all(dsn), timeout=5)
            try:
                return await connection.fetchval(sql)
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def status(self) -> Status:
        return asyncio.run(look(self.running))

    def settled(self) -> Status:
        """The status once nothing is on its way any more and nobody is needed: what was just started again has proved itself."""

        def quiet(status: Status) -> bool:
            waits = any(database.get("unsent") for database in status.databases.values())
            return not (
                status.needs_a_person
                or waits
                or status.parked_keys
                or any(sum(lag.values()) for lag in status.consumer_lag.values())
            )

        return wait_for(self.status, quiet, "everything sent and applied, and nobody needed")

    def counts(self) -> dict[str, int]:
        """Rows by table in every service, without what the kit keeps and without what a sign-in leaves."""
        found = {}
        for service in SERVICES:
            tables = self.ask(
                service.name,
                "SELECT string_agg(table_name, ',') FROM information_schema.tables WHERE table_schema = 'public'"
                " AND table_type = 'BASE TABLE'",
            ).split(",")
            for table in sorted(tables):
                found[f"{service.name}.{table}"] = self.ask(service.name, f"SELECT count(*) FROM {table}")
        return found


@contextmanager
def house() -> Iterator[House]:
    """Removed at the end, whatever happened in it."""
    folder = Path(tempfile.mkdtemp(prefix="linli-journey-")).resolve()
    built = House(Home(folder))
    try:
        yield built
    finally:
        down(built.home, lambda _: None)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(
    ask: Callable[[], Any], until: Callable[[Any], bool], what: str, patience: float = PATIENCE
) -> Any:
    """Ask until it is so; an AssertionError names what did not come."""
    deadline = time.monotonic() + patience
    while True:
        try:
            answer = ask()
            if until(answer):
                return answer
        except (OSError, asyncpg.PostgresError, TimeoutError, supervise.NotRunning, psutil.Error) as error:
            answer = error
        assert time.monotonic() < deadline, f"{what}: {str(answer)[:800]}"
        time.sleep(0.05)


def kill_at_work(house: House, name: str, has_work: Callable[[], bool]) -> None:
    """Freeze the process, see that work waits for it, and kill it there: a kill that hits an idle process proves nothing."""
    began = time.monotonic()
    process = wait_for(lambda: house.process(name), lambda found: found.is_running(), f"{name} runs")
    process.send_signal(signal.SIGSTOP)
    try:
        wait_for(has_work, bool, f"work for {name}")
    finally:
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: house.process(name), lambda found: found.pid != process.pid, f"{name} is back")
    print(f"{name}: killed at work and back after {time.monotonic() - began:.1f} s")  # noqa: T201


def unread_bytes(port: int) -> int:
    """Bytes of requests that the listener on this port, or one of its connections, has not read yet."""
    total = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, _, state, queues = line.split()[1:5]
        if int(local.rsplit(":", 1)[1], 16) == port and state in ("01", "08", "0A"):
            total += int(queues.split(":")[1], 16)
    return total


def story_of(output: str) -> str:
    return re.sub(r"[│┃\s]+", " ", output)
