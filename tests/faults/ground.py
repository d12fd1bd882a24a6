"""The house that is broken: every service with an api and two workers, the probe beside them, books for the checker."""

import asyncio
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psutil

import probe_service.service as probe
from event_contracts.topics import TOPICS
from faults.brokers import Brokers
from faults.cutting import Cutting, free_port
from faults.points import FOLDER, Orders
from local_runtime import supervise
from local_runtime.databases import service_dsn
from local_runtime.home import Home
from local_runtime.house import SERVICES, Service, service_named
from local_runtime.system_user import data_folder
from local_runtime.up import Running, down, up
from platform_kit.auth import Caller, Post, issue_token
from platform_kit.signing import newest_key
from platform_kit.testing import seeing_all

PROBE = Service("probe_service", "PROBE", 8199)
# A load of hundreds a second is a few people here: the gateway's rate limits are made for real ones.
UNLIMITED = {f"GATEWAY_{kind}_PER_MINUTE": "0" for kind in ("SIGN_IN", "READS", "COMMANDS", "EXPENSIVE")}
ALL = (*SERVICES, PROBE)
WORKERS = 2

# The books: what was committed to be published, what took effect, and which timers were made (not those that were moved).
# No key, so that twice stands there twice.
_BOOKS = """
    CREATE TABLE IF NOT EXISTS fault_effect (
        seq bigint GENERATED ALWAYS AS IDENTITY, consumer text, topic text, aggregate text, version bigint,
        event_id uuid, type text, correlation text, process int, at timestamptz DEFAULT clock_timestamp()
    );
    CREATE TABLE IF NOT EXISTS fault_published (
        seq bigint GENERATED ALWAYS AS IDENTITY, topic text, aggregate text, version bigint, event_id uuid, type text,
        correlation text, cause text
    );
    CREATE TABLE IF NOT EXISTS fault_timer (aggregate text);
    CREATE OR REPLACE FUNCTION fault_timer_made() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO fault_timer (aggregate) VALUES (new.aggregate::text);
        RETURN new;
    END $$;
    CREATE OR REPLACE TRIGGER fault_timer_made AFTER INSERT ON timer FOR EACH ROW EXECUTE FUNCTION fault_timer_made();
    CREATE OR REPLACE FUNCTION fault_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO fault_published (topic, aggregate, version, event_id, type, correlation, cause)
        VALUES (new.topic, new.aggregate, new.version, new.event_id, new.type,
                new.headers->>'ce_correlationid', new.headers->>'ce_causationid');
        RETURN new;
    END $$;
    CREATE OR REPLACE TRIGGER fault_note AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION fault_note();
"""


@dataclass
class Ground:
    """One house, and the three brokers of the one scenario that has them."""

    home: Home
    running: Running
    orders: Orders
    say: Callable[[str], None]
    cutting: tuple[Cutting, ...] = ()
    brokers: Brokers | None = None

    def dsn(self, service: str) -> str:
        return seeing_all(service_dsn(self.home, self.running.maintenance_dsn, _named(service)))

    async def unsent(self, service: str) -> int:
        """Events that wait in that service's outbox."""
        return int(await self.one(service, "SELECT count(*) FROM outbox WHERE sent_at IS NULL"))

    async def ask(self, service: str, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows of a service's database; asked again while the server is away."""
        deadline = time.monotonic() + 60
        while True:
            try:
                connection = await asyncpg.connect(self.dsn(service), timeout=5)
                try:
                    return list(await connection.fetch(sql, *arguments))
                finally:
                    await connection.close()
            except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.1)

    async def one(self, service: str, sql: str, *arguments: Any) -> Any:
        return (await self.ask(service, sql, *arguments))[0][0]

    def process(self, name: str) -> psutil.Process:
        """The living process of a program: `relief_disbursement.worker_2`, `postgres`, `kafka`."""
        info = next(each for each in supervise.processes(self.home) if each["name"] == name)
        if not info["pid"]:
            raise supervise.NotRunning(f"{name} is {info['statename']}")
        return psutil.Process(info["pid"])

    def programs(self) -> list[str]:
        return [each["name"] for each in supervise.processes(self.home)]

    async def back(self, name: str, *, instead_of: int, patience: float = 60.0) -> psutil.Process:
        """Wait until the supervisor has started it again."""
        return await until(
            lambda: self.process(name), lambda found: found.pid != instead_of, f"{name} is back", patience
        )

    def postmaster(self) -> psutil.Process:
        return psutil.Process(int((data_folder(self.home) / "postmaster.pid").read_text().split()[0]))

    async def answers(self) -> None:
        """Wait until PostgreSQL answers again."""
        await self.one("community_registry", "SELECT 1")

    async def stop_postgres_immediately(self) -> int:
        """`pg_ctl stop -m immediate`: SIGQUIT to the postmaster; the supervisor starts it again. How many transactions
        that had written were open at that instant."""
        connection = await asyncpg.connect(self.running.maintenance_dsn, timeout=5)
        postmaster = self.postmaster()
        deadline = time.monotonic() + 20
        try:
            while True:
                busy: int = await connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                    " AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL"
                )
                if busy or time.monotonic() > deadline:
                    postmaster.send_signal(signal.SIGQUIT)
                    break
        finally:
            connection.terminate()
        await until(lambda: postmaster.is_running(), lambda alive: not alive, "PostgreSQL has stopped", 30)
        await self.answers()
        return busy

    async def kill_kafka(self) -> None:
        before = self.process("kafka")
        before.kill()
        await self.back("kafka", instead_of=before.pid)

    async def active_relay(self, service: str) -> psutil.Process:
        """The living process that took the relay's lease last."""
        return await until(
            lambda: psutil.Process(self.orders.notes(f"{service}.worker", "lease")[-1]["pid"]),
            lambda found: found.status() != psutil.STATUS_ZOMBIE,
            f"a relay of {service} is active",
        )

    def token(self, *roles: str, subject: Any, posts: tuple[tuple[str, Any, str], ...] = ()) -> str:
        return house_token(self.home, *roles, subject=subject, posts=posts)


def house_token(home: Home, *roles: str, subject: Any, posts: tuple[tuple[str, Any, str], ...] = ()) -> str:
    """A token by the house's own key, for a run that outlives a sign-in's. `posts` are (role, unit id, unit code)."""
    key = newest_key(home.secrets / "signing.json")
    held = frozenset(roles) | {role for role, _, _ in posts}
    caller = Caller(subject, held, tuple(Post(*post) for post in posts))
    return issue_token(key, caller, timedelta(hours=4))


def _named(service: str) -> Service:
    return PROBE if service == PROBE.name else service_named(service)


async def until(
    ask: Callable[[], Any],
    good: Callable[[Any], bool],
    what: str,
    patience: float = 60.0,
    pause: float = 0.05,
) -> Any:
    """Ask until it is so; a TimeoutError names what did not come and what was there instead."""
    deadline = time.monotonic() + patience
    while True:
        answer: Any
        try:
            answer = ask()
            if asyncio.iscoroutine(answer):
                answer = await answer
            if good(answer):
                return answer
        except (OSError, asyncpg.PostgresError, supervise.NotRunning, psutil.Error) as error:
            answer = error
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: {str(answer)[:600]}")
        await asyncio.sleep(pause)


@contextmanager
def ground(
    say: Callable[[str], None],
    *,
    tree: Path | None = None,
    services: tuple[Service, ...] = ALL,
    settings: dict[str, str] | None = None,
) -> Iterator[Ground]:
    """A house in a folder of its own, taken down and removed at the end. `tree`: the copy whose code it runs.

    `settings` are environment variables of every process, stronger than the house's own.
    """
    root = Path(tempfile.mkdtemp(prefix=f"linli-faults-{os.getpid()}-")).resolve()
    tests = (tree or Path(__file__).parents[2]) / "tests"
    source = [tests, *(tests.parent / part for part in ("services", "shared", "deploy"))]
    before = dict(os.environ)
    proxied = {
        service: Cutting(free_port())
        for service in (("resident_requests", "REQUESTS"), ("paid_services", "PAID"))
    }
    urls = {
        f"GATEWAY_{prefix}_URL": f"http://127.0.0.1:{proxy.port}" for (_, prefix), proxy in proxied.items()
    }
    os.environ.update(
        {
            FOLDER: str(root / "orders"),
            "PYTHONPATH": os.pathsep.join(map(str, source)),
            "PROBE_POOL_SIZE": "24",
            "LINLI_FAULT_SETTINGS": json.dumps(urls | UNLIMITED | (settings or {})),
        }
    )
    home = Home(root / "home")
    try:
        root.chmod(0o755)
        running = up(
            home, say, services=services, usual_ports=False, workers=WORKERS, entry="faults.process",
            topics=(*TOPICS, *probe.TOPICS),
        )  # fmt: skip
        for (service, _), proxy in proxied.items():
            proxy.target = running.ports[f"{service}.api"]
        built = Ground(home, running, Orders(root / "orders"), say, tuple(proxied.values()))
        asyncio.run(_open_books(built, services))
        yield built
    finally:
        os.environ.clear()
        os.environ.update(before)
        down(home, lambda _: None)
        shutil.rmtree(root, ignore_errors=True)


async def _open_books(built: Ground, services: tuple[Service, ...]) -> None:
    for service in services:
        owner = service_dsn(built.home, built.running.maintenance_dsn, service, owner=True)
        connection = await asyncpg.connect(owner)
        await connection.execute(_BOOKS)
        await connection.close()
