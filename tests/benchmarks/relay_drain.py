"""The relay emptying an outbox, against a bare producer that sends the same records with the same settings."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import uvloop
from aiokafka import AIOKafkaProducer

from benchmarks.figure import Figure, compared
from benchmarks.ground import Ground
from event_contracts.base import Topic
from event_contracts.resident_requests import RequestSubmitted
from local_runtime import supervise
from local_runtime.topics import create_topics
from platform_kit.db import connect
from platform_kit.outbox import publish_all
from platform_kit.producer import SETTINGS

NAME = "relay_drain"
EVENTS = 100_000
AGGREGATES = 20_000
ROUNDS = 3
WINDOW = 5_000
SERVICE = "resident_requests"

# Nobody listens to these: the events are counted on their way out, and no consumer is left with work.
DRAINED = Topic("bench.drained", partitions=12)
BARE = Topic("bench.bare", partitions=12)


class Filed(RequestSubmitted):
    """A filed request's event, field by field, on a topic of the benchmark's own."""

    type: ClassVar[str] = "bench.request.submitted.v1"
    topic: ClassVar[Topic] = DRAINED


def measure(ground: Ground) -> list[Figure]:
    """The service's own worker drains; the seconds are from the commit of the rows until none is left unsent."""
    asyncio.run(create_topics(ground.running.kafka, (DRAINED, BARE)))
    ours, baseline = [], []
    with ground.without_workers():
        rpc = supervise.remote(ground.home).supervisor
        rpc.startProcess(f"{supervise.HOUSE}:{SERVICE}.worker")
        for number in range(ROUNDS + 1):
            # The first round is shorter and warms up.
            count = EVENTS if number else EVENTS // 10
            seconds, rows = uvloop.run(_drain(ground, count))
            bare = uvloop.run(_send(ground, rows))
            if number:
                ours.append(count / seconds)
                baseline.append(count / bare)
                ground.say(f"round {number}: {ours[-1]:.0f}/s drained, {baseline[-1]:.0f}/s sent")
        rpc.stopProcess(f"{supervise.HOUSE}:{SERVICE}.worker")
    detail = {
        "events": EVENTS,
        "aggregates": AGGREGATES,
        "window_of_the_baseline": WINDOW,
        "bytes_of_a_payload": len(rows[0]["payload"]),
    }
    return [
        compared(
            "the relay drains 100,000 events", ours, baseline, "events/s", bar=0.9, aim=1.3, detail=detail
        )
    ]


async def _drain(ground: Ground, count: int) -> tuple[float, list[Any]]:
    """The seconds, and the rows that were drained."""
    connection = await connect(ground.dsn(SERVICE), SERVICE)
    try:
        aggregates = [uuid4() for _ in range(count * AGGREGATES // EVENTS)]
        async with connection.transaction():
            for at in range(0, count, WINDOW):
                events = [_event(aggregates, number) for number in range(at, at + WINDOW)]
                await publish_all(connection, events, at=datetime.now(UTC))
        started = time.monotonic()
        while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE sent_at IS NULL)"):
            if time.monotonic() - started > 120:
                raise TimeoutError("the relay does not come to its end")
            await asyncio.sleep(0.02)
        seconds = time.monotonic() - started
        rows = await connection.fetch(
            "DELETE FROM outbox WHERE topic = $1 AND sent_at IS NOT NULL"
            " RETURNING id, aggregate, partition, headers, payload",
            DRAINED.name,
        )
        if len(rows) != count:
            raise AssertionError(f"{len(rows)} of {count} events were sent")
    finally:
        await connection.close()
    owner = await connect(ground.dsn(SERVICE, owner=True), "bench")
    await owner.execute("VACUUM ANALYZE outbox")
    await owner.close()
    return seconds, sorted(rows, key=lambda row: int(row["id"]))


def _event(aggregates: Sequence[UUID], number: int) -> tuple[Filed, int]:
    """With its version. The aggregates come in turn, so that the events of one are far apart, as in life."""
    turn, which = divmod(number, len(aggregates))
    somebody = aggregates[0]
    filed = Filed(
        request_id=aggregates[which], resident_id=somebody, unit_id=somebody, case_number=f"LL-{number:09d}",
        category="errand", filed_by=somebody, occurred_at=datetime.now(UTC),
    )  # fmt: skip
    return filed, turn + 1


async def _send(ground: Ground, rows: Sequence[Any]) -> float:
    """The bare producer at its best: records that are ready in memory, a whole window under way at once."""
    producer = AIOKafkaProducer(bootstrap_servers=ground.running.kafka, **SETTINGS)
    records = [
        (row["aggregate"].encode(), row["payload"], row["partition"],
         [(name, value.encode()) for name, value in row["headers"].items()])
        for row in rows
    ]  # fmt: skip
    await producer.start()
    try:
        started = time.monotonic()
        for at in range(0, len(records), WINDOW):
            acknowledged = [
                await producer.send(BARE.name, payload, key=key, partition=partition, headers=headers)
                for key, payload, partition, headers in records[at : at + WINDOW]
            ]
            await asyncio.gather(*acknowledged)
        return time.monotonic() - started
    finally:
        await producer.stop()
