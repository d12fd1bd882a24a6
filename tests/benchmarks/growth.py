"""What an operation touches when a hundred times as many rows stand behind it: buffers, and the shape of its plans.

The operations are run as the code runs them, on a real connection that notes their statements; each statement is then
explained with the very arguments that it was run with.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg

from benchmarks.figure import Figure
from benchmarks.ground import Ground
from local_runtime.databases import service_dsn
from local_runtime.house import service_named
from platform_kit import housekeeping, idempotency, inbox, relay, timers
from platform_kit.acting import SYSTEM, Acting, acting_for
from platform_kit.audit import Entry
from platform_kit.auth import Caller, Post
from platform_kit.db import connect
from platform_kit.key_providers import FileKeks
from platform_kit.money import Money
from platform_kit.sealing import Sealer
from platform_kit.watchdog import Progress
from resident_gateway import store as gateway_store
from resident_gateway.rules.timeline import Item
from resident_requests import store as request_store
from resident_requests.actions import Filed, submit_request
from resident_requests.rules.request import State
from touched import Operation, Touched, touched

NAME = "growth"
POINTS = (10_000, 1_000_000)
WAITING = 200
# Fewer than a chunk, as nearly always: the claim must stop at the first deadline that is still to come.
DUE = 20
UNITS = 90
OF_A_PERSON = 100
_PERSON, _CLAIMED = UUID(int=1), "deadline"
_RESIDENT = Caller(_PERSON, frozenset({"resident"}))
_WORKER = Caller(UUID(int=2), frozenset({"worker"}), (Post("worker", UUID(int=3), "01/01/007"),))
_OFFICER = Caller(UUID(int=2), frozenset({"district"}), (Post("district", UUID(int=3), "01"),))
# What is not named here is the worker's work.
_ASKED_BY = {
    "filing a request": _RESIDENT, "staff list of a community": _WORKER, "staff list of the district, one state": _OFFICER,
}  # fmt: skip
_SEALER = Sealer(os.urandom(32), FileKeks({"growth": os.urandom(32)}, "growth"))

# Rows numbered from $1 to $2, behind which an operation must not slow down: sent events, kept answers, other people's rows.
_FILL = {
    "resident_requests": (
        """
        INSERT INTO outbox (topic, partition, aggregate, version, event_id, type, headers, payload, created_at, sent_at)
        SELECT 'requests.requests', n % 12, gen_random_uuid(), 1, gen_random_uuid(), 'x', '{}', repeat('x', 300)::bytea,
               at, at FROM (SELECT n, clock_timestamp() - (20.0 - 19.0 * n / $2) * interval '1 day' AS at
                            FROM generate_series($1::int, $2::int) n) row
        """,
        """
        INSERT INTO idempotency (principal, key, fingerprint, status, headers, body, created_at)
        SELECT gen_random_uuid(), gen_random_uuid(), '\\x00', 201, '{}', repeat('x', 300)::bytea,
               clock_timestamp() - (20.0 - 19.0 * n / $2) * interval '1 day' FROM generate_series($1::int, $2::int) n
        """,
        """
        INSERT INTO inbox (consumer, topic, aggregate, last)
        SELECT 'c', 't', 'a' || n, 1 FROM generate_series($1::int, $2::int) n
        """,
        """
        INSERT INTO timer (kind, aggregate, due_at)
        SELECT 'deadline', gen_random_uuid(), clock_timestamp() + n * interval '1 minute'
        FROM generate_series($1::int, $2::int) n
        """,
        f"""
        INSERT INTO request (id, case_number, resident_id, filed_by, unit_id, category, state, occurred_at, version, created_at)
        SELECT uuidv7((n - 1000000) * interval '1 second'), 'G' || n, uuid_of(n % 100000), uuid_of(n % 100000),
               uuid_of(n % {UNITS}), 'errand', (ARRAY['submitted', 'closed', 'closed', 'closed'])[n % 4 + 1],
               clock_timestamp(), 1, clock_timestamp()
        FROM generate_series($1::int, $2::int) n
        """,
        """
        INSERT INTO resident (id, household_id, unit_id)
        SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid() FROM generate_series($1::int, $2::int) n
        """,
    ),
    "resident_gateway": (
        f"""
        INSERT INTO timeline_item (person_id, subject_id, kind, state, happened_at, version)
        SELECT uuid_of(n / {OF_A_PERSON}), gen_random_uuid(), 'request', 'closed', clock_timestamp() - n * interval '1 s', 1
        FROM generate_series($1::int, $2::int) n
        """,
    ),
}  # fmt: skip


def measure(ground: Ground) -> list[Figure]:
    """One figure an operation; a plan of another shape counts as a miss whatever its buffers are."""
    return asyncio.run(_measure(ground))


async def _measure(ground: Ground) -> list[Figure]:
    figures = []
    for service, operations in (("resident_requests", _requests()), ("resident_gateway", _gateway())):
        async with _database(ground, service) as (owned, dsn):
            filling = await connect(owned, service)
            await filling.execute("SET statement_timeout = 0")
            connection = await connect(dsn, service)
            relays = await connect(dsn, service)
            await relays.execute(relay.PLANNING)
            await _prepare(filling, service)
            points: list[dict[str, Touched]] = []
            for first, last in zip((1, POINTS[0] + 1), POINTS, strict=True):
                ground.say(f"{service}: {last:,} rows behind each table")
                for statement in _FILL[service]:
                    await filling.execute(statement, first, last, timeout=300)
                await filling.execute("VACUUM (ANALYZE)", timeout=300)
                points.append(
                    {
                        name: await touched(
                            relays if name.startswith("relay") else connection,
                            operation,
                            acting_for(_ASKED_BY[name]) if name in _ASKED_BY else SYSTEM,
                        )
                        for name, operation in operations.items()
                    }
                )
            for opened in (filling, connection, relays):
                await opened.close()
            figures += [_figure(name, points[0][name], points[1][name]) for name in operations]
    return figures


def _figure(name: str, small: Touched, large: Touched) -> Figure:
    same = small.shapes == large.shapes
    ratio = large.buffers / small.buffers if same else float("inf")
    title = f"growth: {name}" if same else f"growth: {name} (another plan)"
    return Figure(
        title, large.buffers, small.buffers, "buffers", 1.5, None, at_least=False, ratio=ratio,
        detail={"rows": POINTS, "plan": small.shapes, "plan of many": large.shapes},
    )  # fmt: skip


@asynccontextmanager
async def _database(ground: Ground, service: str) -> AsyncIterator[tuple[str, str]]:
    """A database of its own, made by the service's own migrations: its address for a superuser and for the service's role."""
    name = f"growth_{service}"
    maintenance = ground.running.maintenance_dsn
    dsn = urlsplit(maintenance)._replace(path=f"/{name}").geturl()
    admin = await asyncpg.connect(maintenance)
    try:
        await admin.execute(f'CREATE DATABASE "{name}"')
        environment = {**os.environ, f"{service_named(service).prefix}_OWNER_DATABASE_URL": dsn}
        migration = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "platform_kit.run", service, "migrate", env=environment
        )
        if await migration.wait():
            raise RuntimeError(f"{service} could not be migrated")
        role = service_named(service).name
        granting = await asyncpg.connect(dsn)
        await granting.execute(
            f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"'
        )
        await granting.execute(f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"')
        await granting.close()
        house = urlsplit(service_dsn(ground.home, maintenance, service_named(service)))
        yield dsn, house._replace(path=f"/{name}").geturl()
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


async def _prepare(connection: Any, service: str) -> None:
    """What there is of in life too, however much history stands behind it: a district, one person, what waits to be done."""
    await connection.execute(
        "CREATE FUNCTION uuid_of(n bigint) RETURNS uuid LANGUAGE sql AS $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$"
    )
    if service != "resident_requests":
        return
    await connection.execute(
        "INSERT INTO unit (id, kind, code, name, zone) SELECT uuid_of(n), 'community', '01/01/' || lpad(n::text, 3, '0'), 'x',"
        f" 'Asia/Shanghai' FROM generate_series(0, {UNITS - 1}) n"
    )
    await connection.execute(
        "INSERT INTO resident (id, household_id, unit_id) VALUES ($1, $1, uuid_of(1))", _PERSON
    )
    await connection.execute(
        "INSERT INTO outbox (topic, partition, aggregate, version, event_id, type, headers, payload)"
        " SELECT 'requests.requests', n % 12, 'waiting' || n, 1, gen_random_uuid(), 'x', '{}', repeat('x', 300)::bytea"
        f" FROM generate_series(1, {WAITING}) n"
    )
    await connection.execute("UPDATE relay_lease SET holder = $1, epoch = 1, until = 'infinity'", _PERSON)
    await connection.execute(
        "INSERT INTO timer (kind, aggregate, due_at) SELECT $1, gen_random_uuid(), clock_timestamp()"
        f" FROM generate_series(1, {DUE})",
        _CLAIMED,
    )


def _requests() -> dict[str, Operation]:
    async def read(tx: Any) -> None:
        await tx.fetch(relay._READ, [], [], [], relay.ROUND_ROWS)

    async def mark(tx: Any) -> None:
        marked = await tx.execute(relay._MARK, list(range(1, WAITING + 1)), _PERSON, 1, 10)
        if marked != f"UPDATE {WAITING}":
            raise AssertionError(marked)

    async def look_up(tx: Any) -> None:
        await idempotency.earlier_answer(tx, str(uuid4()), "key", b"x")

    async def keep(tx: Any) -> None:
        await idempotency.keep_answer(
            tx,
            str(uuid4()),
            "key",
            b"x",
            idempotency.StoredAnswer(201, {}, b"x" * 300),
            Entry(operation="file"),
        )

    async def file(tx: Any) -> None:
        await submit_request(tx, _SEALER, Filed(_PERSON, "errand", "请帮我买药"), by=_RESIDENT)

    async def advance(tx: Any) -> None:
        names = [f"a{number * 97}" for number in range(1, 101)]
        await tx.fetch(inbox._ADVANCE, "c", "t", names, [2] * len(names), False)

    async def claim(tx: Any) -> None:
        @asynccontextmanager
        async def mine(_: Acting) -> AsyncIterator[Any]:
            yield tx

        async def nothing(_: Any, __: UUID) -> None:
            return None

        kit: Any = SimpleNamespace(db=SimpleNamespace(transaction=mine))
        loop = timers.Timers(kit, (timers.TimerKind(_CLAIMED, nothing, nothing),), Progress())
        await loop._take(timers._NEW, timers.CHUNK)
        await loop._take(timers._AGAIN, 1)

    async def tidy_sent(tx: Any) -> None:
        await tx.execute(housekeeping._SENT, 30, housekeeping.PIECE)

    async def tidy_answers(tx: Any) -> None:
        await tx.execute(housekeeping._ANSWERS, 90, housekeeping.PIECE)

    async def worklist(tx: Any) -> None:
        await request_store.page_for_staff(tx, ["01/01/007"], None, 50, None)

    async def open_worklist(tx: Any) -> None:
        await request_store.page_for_staff(tx, ["01"], State.SUBMITTED, 50, None)

    return {
        "relay read": read, "relay mark": mark, "idempotency lookup": look_up, "idempotency insert": keep,
        "filing a request": file, "inbox advance": advance, "timers claim": claim,
        "housekeeping of sent events": tidy_sent, "housekeeping of answers": tidy_answers,
        "staff list of a community": worklist, "staff list of the district, one state": open_worklist,
    }  # fmt: skip


def _gateway() -> dict[str, Operation]:
    seven = UUID(int=7)
    acting = acting_for(Caller(seven, frozenset()))

    async def page(tx: Any) -> None:
        await gateway_store.newest(tx, acting, seven, 50)

    async def print_of_page(tx: Any) -> None:
        await gateway_store.print_of_newest(tx, acting, seven, 50)

    async def save(tx: Any) -> None:
        item = Item(UUID(int=7), uuid4(), "payment", "due", 1, datetime.now(UTC), amount=Money(1, "CNY"))
        await gateway_store.save_item(tx, item)

    async def save_for_all(tx: Any) -> None:
        await gateway_store.save_state_for_all(
            tx, uuid4(), kind="task", state="taken", among=("offered",), version=2, at=datetime.now(UTC)
        )

    return {
        "timeline page": page,
        "print of a timeline page": print_of_page,
        "timeline item": save,
        "timeline state for all": save_for_all,
    }
