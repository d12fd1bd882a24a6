"""A resident's home from the gateway's read model, against the same SQL by asyncpg without HTTP, in as many processes."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from uuid import UUID, uuid4

import asyncpg
import uvloop

from benchmarks.figure import Figure, compared
from benchmarks.ground import GATEWAYS, Ground
from benchmarks.wrk import CONNECTIONS, wrk
from platform_kit.acting import SYSTEM
from platform_kit.db import connect
from resident_gateway import store
from resident_gateway.views.kept_pages import LENGTH

NAME = "resident_home"
ITEMS = 100_000
RESIDENTS = 1_000
PAGE = LENGTH
ROUNDS = 3
SECONDS = 8
SERVICE = "resident_gateway"


def measure(ground: Ground) -> list[Figure]:
    """Pages of 50 of the newest, each of a resident who has 100 items, in turn: so all but the first are kept (`KeptPages`), and asked
    of the database whether they still are what is there. Told beside it: pages of 49, of which none is kept."""
    people = [uuid4() for _ in range(RESIDENTS)]
    asyncio.run(_fill(ground, people))
    sql = asyncio.run(_statement(ground, people[0]))
    tokens = [ground.token("resident", subject=person) for person in people]
    ours, anew, baseline, p99 = [], [], [], []
    with ground.without_workers():
        _wrk(ground, tokens, 3, PAGE)
        for number in range(ROUNDS):
            rate, latency = _wrk(ground, tokens, SECONDS, PAGE)
            ours.append(rate)
            p99.append(latency)
            baseline.append(_asyncpg(ground, people, sql))
            anew.append(_wrk(ground, tokens, SECONDS, PAGE - 1)[0])
            ground.say(
                f"round {number + 1}: {rate:.0f} answers/s, {anew[-1]:.0f} read anew, {baseline[-1]:.0f} by asyncpg"
            )
    asyncio.run(_forget(ground, people))
    detail = {"items": ITEMS, "residents": RESIDENTS, "page": PAGE, "connections": CONNECTIONS, "p99_ms": p99}
    return [
        compared("resident home", ours, baseline, "answers/s", bar=0.4, aim=0.6, detail=detail),
        compared("resident home, read anew each time", anew, baseline, "answers/s", bar=None, aim=None),
    ]


async def _fill(ground: Ground, people: Sequence[UUID]) -> None:
    connection = await asyncpg.connect(ground.dsn(SERVICE, owner=True))
    await connection.execute(
        """
        INSERT INTO timeline_item (person_id, subject_id, kind, number, detail, state, happened_at, version)
        SELECT person, gen_random_uuid(), 'request', 'LL-' || n, 'errand', 'submitted',
               clock_timestamp() - n * interval '1 hour', 1
        FROM generate_series(1, $2) n, unnest($1::uuid[]) person
        """,
        people,
        ITEMS // RESIDENTS,
    )
    await connection.execute("VACUUM ANALYZE timeline_item")
    await connection.close()


async def _statement(ground: Ground, person: UUID) -> tuple[str, tuple[object, ...]]:
    """The page's own statement with its other arguments, taken from the connection on which the store ran it."""
    connection = await connect(ground.dsn(SERVICE), "bench")
    seen: list[asyncpg.connection.LoggedQuery] = []
    with connection.query_logger(seen.append):
        items, _ = await store.timeline(connection, SYSTEM, person, PAGE, None)
    await connection.close()
    [query] = seen
    if len(items) != PAGE or query.args[0] != person:
        raise AssertionError(f"{len(items)} items, {query.args}")
    return query.query, tuple(query.args[1:])


def _asyncpg(ground: Ground, people: Sequence[UUID], sql: tuple[str, tuple[object, ...]]) -> float:
    """Answers a second of as many processes as the gateway has, on as many connections as wrk has, together; from the moment at
    which all are connected and prepared."""
    context = get_context("spawn")
    ready = context.Barrier(GATEWAYS)
    with ProcessPoolExecutor(GATEWAYS, context, _keep, (ready,)) as pool:
        share = CONNECTIONS // GATEWAYS
        counts = [
            pool.submit(_answers, ground.dsn(SERVICE), people, sql, number * share, share)
            for number in range(GATEWAYS)
        ]
        return sum(count.result() for count in counts) / SECONDS


def _keep(ready: Barrier) -> None:
    global _ready
    _ready = ready


def _answers(
    dsn: str, people: Sequence[UUID], sql: tuple[str, tuple[object, ...]], first: int, connections: int
) -> int:
    return uvloop.run(_read_on(dsn, people, sql, first, connections))


async def _read_on(
    dsn: str, people: Sequence[UUID], sql: tuple[str, tuple[object, ...]], first: int, connections: int
) -> int:
    """Prepared; one statement an answer and no transaction around it."""
    statement, others = sql
    opened = [await connect(dsn, "bench") for _ in range(connections)]
    prepared = [await connection.prepare(statement) for connection in opened]
    _ready.wait(30)
    end = time.monotonic() + SECONDS

    async def one(number: int) -> int:
        at, count = (first + number) * len(people) // CONNECTIONS, 0
        while time.monotonic() < end:
            rows = await prepared[number].fetch(people[(at + count) % len(people)], *others)
            if len(rows) <= PAGE:
                raise AssertionError(f"{len(rows)} rows")
            count += 1
        return count

    counts = await asyncio.gather(*(one(number) for number in range(connections)))
    for connection in opened:
        await connection.close()
    return sum(counts)


def _wrk(ground: Ground, tokens: Sequence[str], seconds: int, length: int) -> tuple[float, float]:
    """Answers a second and the 99th percentile in ms, of pages of that length."""
    script = ground.home.run / "home.lua"
    written = ground.home.run / "home-tokens"
    written.write_text("\n".join(tokens))
    script.write_text(
        f"""
        local tokens, at = {{}}, 0
        for line in io.lines("{written}") do tokens[#tokens + 1] = line end
        function request()
            at = at % #tokens + 1
            return wrk.format("GET", "/api/v1/me/timeline?limit={length}", {{["Authorization"] = "Bearer " .. tokens[at]}})
        end
        function done(summary, latency)
            local e = summary.errors
            print(string.format("RESULT %d %d %d %d %d", summary.requests, summary.duration, e.status,
                e.connect + e.read + e.write + e.timeout, latency:percentile(99)))
        end
        """
    )
    return wrk(script, ground.running.gateway, seconds)


async def _forget(ground: Ground, people: Sequence[UUID]) -> None:
    connection = await asyncpg.connect(ground.dsn(SERVICE))
    await connection.execute("DELETE FROM timeline_item WHERE person_id = ANY($1)", people)
    await connection.close()
