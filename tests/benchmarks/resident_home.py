"""A resident's home from the gateway's read model, against the same SQL by asyncpg without HTTP."""

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
import uvloop

from benchmarks.figure import Figure, compared
from benchmarks.ground import Ground
from benchmarks.wrk import CONNECTIONS, wrk
from platform_kit.db import connect
from resident_gateway import store

NAME = "resident_home"
ITEMS = 100_000
RESIDENTS = 1_000
PAGE = 50
ROUNDS = 3
SECONDS = 8
SERVICE = "resident_gateway"


def measure(ground: Ground) -> list[Figure]:
    """Pages of 50 of the newest, each of a resident who has 100 items, in turn."""
    people = [uuid4() for _ in range(RESIDENTS)]
    asyncio.run(_fill(ground, people))
    sql = asyncio.run(_statement(ground, people[0]))
    tokens = [ground.token("resident", subject=person) for person in people]
    ours, baseline, p99 = [], [], []
    with ground.without_workers():
        _wrk(ground, tokens, 3)
        for number in range(ROUNDS):
            rate, latency = _wrk(ground, tokens, SECONDS)
            ours.append(rate)
            p99.append(latency)
            baseline.append(uvloop.run(_asyncpg(ground, people, sql)))
            ground.say(f"round {number + 1}: {ours[-1]:.0f} answers/s, {baseline[-1]:.0f} by asyncpg")
    asyncio.run(_forget(ground, people))
    detail = {"items": ITEMS, "residents": RESIDENTS, "page": PAGE, "connections": CONNECTIONS, "p99_ms": p99}
    return [compared("resident home", ours, baseline, "answers/s", bar=0.4, aim=0.6, detail=detail)]


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
        items, _ = await store.timeline(connection, person, PAGE, None)
    await connection.close()
    [query] = seen
    if len(items) != PAGE or query.args[0] != person:
        raise AssertionError(f"{len(items)} items, {query.args}")
    return query.query, tuple(query.args[1:])


async def _asyncpg(ground: Ground, people: Sequence[UUID], sql: tuple[str, tuple[object, ...]]) -> float:
    """As many at once, on as many connections; prepared; one statement an answer and no transaction around it."""
    statement, others = sql
    end = 0.0

    async def one(first: int) -> int:
        connection = await connect(ground.dsn(SERVICE), "bench")
        prepared = await connection.prepare(statement)
        count = 0
        while time.monotonic() < end:
            rows = await prepared.fetch(people[(first + count) % len(people)], *others)
            if len(rows) <= PAGE:
                raise AssertionError(f"{len(rows)} rows")
            count += 1
        await connection.close()
        return count

    end = time.monotonic() + SECONDS
    started = time.monotonic()
    counts = await asyncio.gather(
        *(one(number * len(people) // CONNECTIONS) for number in range(CONNECTIONS))
    )
    return sum(counts) / (time.monotonic() - started)


def _wrk(ground: Ground, tokens: Sequence[str], seconds: int) -> tuple[float, float]:
    """Answers a second and the 99th percentile in ms."""
    script = ground.home.run / "home.lua"
    written = ground.home.run / "home-tokens"
    written.write_text("\n".join(tokens))
    script.write_text(
        f"""
        local tokens, at = {{}}, 0
        for line in io.lines("{written}") do tokens[#tokens + 1] = line end
        function request()
            at = at % #tokens + 1
            return wrk.format("GET", "/api/v1/me/timeline?limit={PAGE}", {{["Authorization"] = "Bearer " .. tokens[at]}})
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
