"""From the 201 at the gateway to the effect that is committed in another service, against a bare send → receive.

The effect is the row that the gateway's timeline, in its own database and worker, makes of `resident_requests`' event. Its
instant is what PostgreSQL itself notes of the commit (`track_commit_timestamp`, on for this figure alone): nothing is added
to the path. The server notes it as it begins to write the commit, before the fsync. All of it is one machine's clock.
"""

import asyncio
import time
from statistics import quantiles
from typing import Any

import aiohttp
import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks import file_request
from benchmarks.figure import Figure, compared
from benchmarks.ground import Ground
from event_contracts.base import Topic
from faults.people import Town
from local_runtime import supervise
from local_runtime.databases import wait_for_postgres
from local_runtime.house import SERVICES
from local_runtime.topics import create_topics
from local_runtime.up import wait_until_ready
from platform_kit.producer import SETTINGS

NAME = "event_latency"
ROUNDS = 3
SLOW, SAMPLES = 50, 3_400
SUSTAINED_SECONDS = 10
# A JVM compiles what is called often, for half a minute: that must not happen beside what is measured.
WARM_SECONDS = 20
WARM = 200
PATIENCE_SECONDS = 60
BARE = Topic("bench.roundtrip", partitions=12)


def measure(ground: Ground) -> list[Figure]:
    """Milliseconds at 50/s and at a quarter of what the house sustains, which is measured first; 10,200 samples at each rate."""
    town = ground.town()
    asyncio.run(create_topics(ground.running.kafka, (BARE,)))
    _note_commits(ground, on=True)
    try:
        sustained = _sustained(ground, town)
        ground.say(f"{sustained:.0f}/s are filed and take effect")
        figures = []
        for name, rate in (
            (f"201 to effect at {SLOW}/s", float(SLOW)),
            ("201 to effect at a quarter of the sustainable rate", sustained / 4),
        ):
            figures += _at(ground, town, name, rate)
        return figures
    finally:
        _note_commits(ground, on=False)


def _sustained(ground: Ground, town: Town) -> float:
    """Requests a second that are filed and take effect, until the last of them has done so in every service that listens."""
    began = time.monotonic()
    rate, _ = file_request._wrk(ground, town, SUSTAINED_SECONDS, "sustainable")
    asyncio.run(ground.caught_up())
    return rate * SUSTAINED_SECONDS / (time.monotonic() - began)


def _at(ground: Ground, town: Town, name: str, rate: float) -> list[Figure]:
    ours: list[tuple[float, float]] = []
    baseline: list[tuple[float, float]] = []
    uvloop.run(_filed(ground, town, rate, int(rate * WARM_SECONDS)))
    for number in range(ROUNDS):
        ours.append(_percentiles(uvloop.run(_filed(ground, town, rate, SAMPLES))))
        baseline.append(_percentiles(uvloop.run(_round_trips(ground, rate, SAMPLES))))
        ground.say(
            f"{name}, round {number + 1}: p50 {ours[-1][0]:.1f} ms against {baseline[-1][0]:.1f},"
            f" p99 {ours[-1][1]:.1f} against {baseline[-1][1]:.1f}"
        )
    detail = {"rate": rate, "samples": SAMPLES * ROUNDS}
    return [
        compared(
            f"{name}, {which}", [each[at] for each in ours], [each[at] for each in baseline], "ms",
            bar=bar, aim=aim, at_least=False, detail=detail,
        )
        for at, which, bar, aim in ((0, "p50", 4.0, 2.0), (1, "p99", 10.0, 4.0))
    ]  # fmt: skip


def _percentiles(milliseconds: list[float]) -> tuple[float, float]:
    cuts = quantiles(milliseconds, n=100)
    return cuts[49], cuts[98]


async def _filed(ground: Ground, town: Town, rate: float, samples: int) -> list[float]:
    """Open loop: each call at its own moment, however long the others take. Milliseconds, one for each request."""
    run = time.time_ns()
    acknowledged: dict[str, float] = {}
    address = f"{ground.running.gateway}/api/v1/requests"

    async def file(session: aiohttp.ClientSession, number: int) -> None:
        token = town.tokens[town.residents[number % len(town.residents)]]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"latency-{run}-{number}"}
        async with session.post(
            address, json={"category": "errand", "words": "请帮我买药"}, headers=headers
        ) as answer:
            moment = time.time()
            if answer.status != 201:
                raise AssertionError(f"{answer.status} {await answer.text()}")
            acknowledged[(await answer.json())["id"]] = moment

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:
        await _at_rate(rate, samples, lambda number: file(session, number))
    committed = await _commits(ground, list(acknowledged))
    return [(committed[each] - moment) * 1000 for each, moment in acknowledged.items()]


async def _at_rate(rate: float, samples: int, call: Any) -> None:
    started = time.monotonic()
    under_way = []
    for number in range(samples):
        await asyncio.sleep(max(started + number / rate - time.monotonic(), 0))
        under_way.append(asyncio.create_task(call(number)))
    await asyncio.gather(*under_way)


async def _commits(ground: Ground, ids: list[str]) -> dict[str, float]:
    """Unix seconds at which each request's row on the timeline was committed."""
    connection = await asyncpg.connect(ground.dsn("resident_gateway"))
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            rows = await connection.fetch(
                "SELECT subject_id::text AS id, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS at"
                " FROM timeline_item WHERE subject_id = ANY($1::uuid[]) AND version = 1",
                ids,
            )
            if len(rows) == len(ids):
                return {row["id"]: row["at"] for row in rows}
            await asyncio.sleep(0.5)
    finally:
        await connection.close()
    raise TimeoutError(f"{len(rows)} of {len(ids)} events took effect within {PATIENCE_SECONDS} s")


async def _round_trips(ground: Ground, rate: float, samples: int) -> list[float]:
    """Milliseconds from `send` to the record in a consumer's hands; both with the kit's settings, in one process."""
    producer = AIOKafkaProducer(bootstrap_servers=ground.running.kafka, **SETTINGS)
    consumer = AIOKafkaConsumer(
        BARE.name, bootstrap_servers=ground.running.kafka, auto_offset_reset="latest", fetch_max_wait_ms=100
    )
    await producer.start()
    await consumer.start()
    await consumer.seek_to_end()
    sent: dict[bytes, float] = {}
    took: list[float] = []

    async def send(number: int) -> None:
        key = str(number - WARM).encode()
        sent[key] = time.monotonic()
        await (await producer.send(BARE.name, b"x" * 300, key=key, partition=number % BARE.partitions))

    async def receive() -> None:
        while len(took) < samples:
            record = await consumer.getone()
            if int(record.key) >= 0:
                took.append((time.monotonic() - sent[record.key]) * 1000)

    try:
        received = asyncio.create_task(receive())
        await _at_rate(rate, samples + WARM, send)
        await asyncio.wait_for(received, PATIENCE_SECONDS)
    finally:
        await consumer.stop()
        await producer.stop()
    return took


def _note_commits(ground: Ground, *, on: bool) -> None:
    """A setting that needs a restart of the server; the services come back to it by themselves."""
    asyncio.run(_alter(ground, "SET track_commit_timestamp = on" if on else "RESET track_commit_timestamp"))
    rpc = supervise.remote(ground.home).supervisor
    rpc.stopProcess("postgres")
    rpc.startProcess("postgres")
    asyncio.run(wait_for_postgres(ground.running.maintenance_dsn))
    asyncio.run(wait_until_ready(ground.running, SERVICES, workers=1))


async def _alter(ground: Ground, what: str) -> None:
    connection = await asyncpg.connect(ground.running.maintenance_dsn)
    await connection.execute(f"ALTER SYSTEM {what}")
    await connection.close()
