"""For tests: a service under test, with a migrated database of its own, driven through its public surface.

It connects as in life: by a role that owns nothing, so that the database's own barrier stands under every test.
"""

import base64
import functools
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
from fastapi import FastAPI
from joserfc.jwk import ECKey

from event_contracts.base import EventPayload
from platform_kit.acting import SYSTEM, Acting
from platform_kit.app import create_api
from platform_kit.auth import Caller, Post, issue_token
from platform_kit.clock import offset_seconds, set_offset
from platform_kit.db import Tx, connect
from platform_kit.envelope import Received, attributes, decode, headers_for
from platform_kit.errands import Breaker, Errands
from platform_kit.gateway_identity import HEADER, issue_identity
from platform_kit.ids import new_id
from platform_kit.inbox import Incoming
from platform_kit.intake import Intake
from platform_kit.kit import Kit
from platform_kit.migrate import migrate_async
from platform_kit.parking import Retries
from platform_kit.service import Service, find
from platform_kit.timers import Timers
from platform_kit.watchdog import Progress

E = TypeVar("E", bound=EventPayload)
# Roles of the test server alone.
OWNER, ROLE = "linli_test_owner", "linli_test_service"


@functools.cache
def signing_key() -> ECKey:
    """One key pair per test process."""
    return ECKey.generate_key("P-256", {"kid": "test", "use": "sig", "alg": "ES256"}, auto_kid=False)


@dataclass
class ServiceUnderTest:
    """`client` speaks HTTP to the real app; `published` reads what a command would send; `deliver` is a real consumer."""

    service: Service
    kit: Kit
    app: FastAPI
    client: httpx.AsyncClient
    owner_dsn: str
    _delivered: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def caller(
        self, *roles: str, subject: UUID | None = None, posts: Sequence[tuple[str, UUID, str]] = ()
    ) -> Caller:
        """`posts` are (role, unit id, unit code); their roles are held too."""
        held = frozenset(roles) | {role for role, _, _ in posts}
        return Caller(subject or uuid4(), held, tuple(Post(*post) for post in posts))

    async def get(self, path: str, *, by: Caller | None = None, **more: Any) -> httpx.Response:
        return await self._call("GET", path, by, None, more)

    async def post(
        self, path: str, *, by: Caller | None = None, key: str | None = None, **more: Any
    ) -> httpx.Response:
        return await self._call("POST", path, by, key or str(uuid4()), more)

    async def put(
        self, path: str, *, by: Caller | None = None, key: str | None = None, **more: Any
    ) -> httpx.Response:
        return await self._call("PUT", path, by, key or str(uuid4()), more)

    async def patch(
        self, path: str, *, by: Caller | None = None, key: str | None = None, **more: Any
    ) -> httpx.Response:
        return await self._call("PATCH", path, by, key or str(uuid4()), more)

    async def _call(
        self, method: str, path: str, by: Caller | None, key: str | None, more: dict[str, Any]
    ) -> httpx.Response:
        headers = self.headers(by) | dict(more.pop("headers", {}))
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.client.request(method, path, headers=headers, **more)

    def headers(self, by: Caller | None) -> dict[str, str]:
        """Of a call that the gateway passes on for this person."""
        shown = (
            {HEADER: issue_identity(signing_key(), self.service.name)} if self.service.behind_gateway else {}
        )
        return shown if by is None else shown | {"Authorization": f"Bearer {self.token(by)}"}

    def token(self, caller: Caller) -> str:
        return issue_token(signing_key(), caller, timedelta(hours=1))

    @asynccontextmanager
    async def tx(self, acting: Acting = SYSTEM) -> AsyncIterator[Tx]:
        """As the service's own role; what the database shows to `acting`."""
        async with self.kit.db.transaction(acting) as tx:
            yield tx

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[Tx]:
        """For changing the tables themselves, as only a migration does."""
        connection = await connect(self.owner_dsn, "owner")
        try:
            async with connection.transaction():
                yield connection
        finally:
            await connection.close()

    async def audited(self, *operations: str) -> list[dict[str, Any]]:
        """The audit's rows, oldest first, or only of these operations."""
        async with self.tx() as tx:
            rows = await tx.fetch(
                "SELECT * FROM audit WHERE cardinality($1::text[]) = 0 OR operation = ANY($1) ORDER BY id",
                operations,
            )
        return [dict(row) for row in rows]

    async def published(self, *types: type[E]) -> list[Received[E]]:
        """Everything in the outbox, or only these types, in order."""
        async with self.kit.db.transaction(SYSTEM) as tx:
            rows = await tx.fetch("SELECT headers, payload FROM outbox ORDER BY id")
        events = [
            decode(
                attributes([(name, value.encode()) for name, value in row["headers"].items()]), row["payload"]
            )
            for row in rows
        ]
        return [event for event in events if not types or isinstance(event.data, types)]  # type: ignore[misc]

    async def deliver(
        self, consumer: str, *events: EventPayload, version: int | None = None, at: datetime | None = None
    ) -> None:
        """Through the real consumer path. Versions are counted per aggregate unless one is given (a repeat, a gap)."""
        declared = next(each for each in self.service.consumers if each.name == consumer)
        intake = Intake(self.kit, declared, Progress())
        for event in events:
            key = f"{consumer} {event.topic.name} {event.key()}"
            self._delivered[key] = version or self._delivered[key] + 1
            headers = headers_for(
                event, event_id=new_id(), version=self._delivered[key], at=at or datetime.now(UTC), context={}
            )
            raw = tuple((name, value.encode()) for name, value in headers.items())
            incoming = Incoming(attributes(raw), raw, event.model_dump_json().encode())
            await intake.take(event.topic.name, {0: [incoming]})

    async def parked(self) -> list[tuple[str, str, str]]:
        """(consumer, aggregate, reason) of what is set aside."""
        async with self.kit.db.transaction(SYSTEM) as tx:
            rows = await tx.fetch("SELECT consumer, aggregate, reason FROM parked_key ORDER BY parked_at")
        return [(row["consumer"], row["aggregate"], row["reason"]) for row in rows]

    async def retry_parked(self) -> None:
        async with self.kit.db.transaction(SYSTEM) as tx:
            await tx.execute("UPDATE parked_key SET next_try_at = statement_timestamp()")
        for consumer in self.service.consumers:
            await Retries(self.kit.db, f"{self.service.name}.{consumer.name}", consumer, Progress()).try_due()

    async def advance(self, by: timedelta) -> None:
        """Move this service's clock forward, as `linli clock advance` does."""
        async with self.kit.db.transaction(SYSTEM) as tx:
            await set_offset(tx, await offset_seconds(tx) + int(by.total_seconds()))

    async def fire_timers(self) -> None:
        timers = Timers(self.kit, self.service.timers, Progress())
        while await timers.fire_due():
            continue

    async def run_errands(self, breaker: Breaker | None = None) -> None:
        """All that are due, as a worker would; with a `breaker` of the caller's until it lets nothing through."""
        for kind in self.service.errands:
            errands = Errands(self.kit, kind, Progress(), breaker)
            async with kind.client(self.kit) as run:
                while await errands.run_due(run):
                    continue


@asynccontextmanager
async def service_under_test(
    name: str, postgres_dsn: str, **settings: Any
) -> AsyncIterator[ServiceUnderTest]:
    """`settings` override the service's own. The database is a copy of a migrated template, dropped at the end."""
    service = find(name)
    admin = await asyncpg.connect(postgres_dsn)
    database = f"test_{name}_{uuid4().hex[:12]}"
    try:
        template = await _template(admin, name, postgres_dsn)
        await admin.execute(f'CREATE DATABASE "{database}" OWNER "{OWNER}" TEMPLATE "{template}"')
        with TemporaryDirectory() as folder:
            values = _secrets(Path(folder)) | {
                "LINLI_MODE": "local",
                "LINLI_KAFKA": "127.0.0.1:1",
                f"{service.prefix}_DATABASE_URL": _dsn(postgres_dsn, ROLE, database),
            }
            values |= {
                f"{service.prefix}_{setting.upper()}": str(value) for setting, value in settings.items()
            }
            kit = Kit.of(name, _settings(service, values))
            app = create_api(service, kit)
            transport = httpx.ASGITransport(app=app)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url="http://test") as client,
            ):
                yield ServiceUnderTest(service, kit, app, client, _dsn(postgres_dsn, OWNER, database))
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        await admin.close()


def seeing_all(dsn: str) -> str:
    """The same address for somebody who counts from outside, as the service's role: the system acts throughout."""
    return f"{dsn}?options={quote(f'-c linli.caller={SYSTEM.setting}')}"


def _settings(service: Service, values: dict[str, str]) -> Any:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        return service.settings.of(service.prefix)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _secrets(folder: Path) -> dict[str, str]:
    jwks, sealing, keks = folder / "jwks.json", folder / "sealing.key", folder / "keks.json"
    public = {"keys": [signing_key().as_dict(private=False)]}
    jwks.write_text(json.dumps(public))
    sealing.write_text(base64.b64encode(b"test key of thirty-two bytes ...").decode())
    kek = base64.b64encode(b"another key of thirty-two bytes!").decode()
    keks.write_text(json.dumps({"current": "test", "keks": {"test": kek}}))
    return {
        "LINLI_JWKS_FILE": str(jwks),
        "LINLI_SEALING_KEY_FILE": str(sealing),
        "LINLI_KEK_FILE": str(keks),
    }


async def _template(admin: Any, name: str, dsn: str) -> str:
    """Migrated once per server and version of the migrations; all workers of a test run share it."""
    template = f"template_{name}_{_migrations_hash(name)}"
    await admin.execute("SELECT pg_advisory_lock(8242006)")
    try:
        await _roles(admin)
        if not await admin.fetchval(
            "SELECT true FROM pg_database WHERE datname = $1 AND datistemplate", template
        ):
            await admin.execute(f'DROP DATABASE IF EXISTS "{template}"')
            await admin.execute(f'CREATE DATABASE "{template}" OWNER "{OWNER}"')
            await _grant(_dsn(dsn, OWNER, template))
            await migrate_async(name, _dsn(dsn, OWNER, template))
            await admin.execute(f'ALTER DATABASE "{template}" IS_TEMPLATE true')
    finally:
        await admin.execute("SELECT pg_advisory_unlock(8242006)")
    return template


def _migrations_hash(name: str) -> str:
    root = Path(__file__).parent.parent
    sources = [
        *sorted(Path(str(files(name) / "migrations")).rglob("*.py")),
        *sorted(root.glob("*/migrate.py")),
        *sorted((root / "platform_kit").glob("*_tables.py")),
        root / "platform_kit" / "subject_keys.py",
        *sorted(root.glob("*/row_security.py")),
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:10]


async def _roles(admin: Any) -> None:
    """As `local_runtime.databases` makes them: who migrates, and who only reads and writes rows."""
    for role in (OWNER, ROLE):
        if not await admin.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
            await admin.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{role}'")
    await admin.execute(f'GRANT "{OWNER}" TO CURRENT_USER')


async def _grant(owner_dsn: str) -> None:
    owner = await asyncpg.connect(owner_dsn)
    try:
        for rights in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
            await owner.execute(f'ALTER DEFAULT PRIVILEGES GRANT {rights} TO "{ROLE}"')
    finally:
        await owner.close()


def _dsn(dsn: str, role: str, database: str) -> str:
    host = urlsplit(dsn).netloc.rpartition("@")[2]
    return urlsplit(dsn)._replace(netloc=f"{role}:{role}@{host}", path=f"/{database}").geturl()
