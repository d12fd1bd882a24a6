"""A consumer that leaves while the database is away: what it was given and could not apply comes again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer

from local_runtime.topics import create_topics
from platform_kit.db import Database
from platform_kit.envelope import headers_for
from platform_kit.listener import Listener
from platform_kit.outbox import partition_of
from platform_kit.testing import ServiceUnderTest
from platform_kit.watchdog import Progress
from probe_service.service import SERVICE, TOPIC, TOPICS, Raised

PATIENCE_SECONDS = 30.0


class Refusing:
    """A database that is away, noting that it was asked."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    @asynccontextmanager
    async def connection(self, *_: Any) -> AsyncIterator[Any]:
        self.asked.set()
        raise ConnectionRefusedError
        yield

    transaction = connection

    async def answers(self) -> bool:
        return False


async def _until(found: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await found():
            await asyncio.sleep(0.005)


async def test_what_it_could_not_apply_before_it_left_is_applied_by_its_successor(
    probe: ServiceUnderTest, servers: Any
) -> None:
    await create_topics(servers.kafka, TOPICS)
    probe.kit.settings.kafka = servers.kafka
    there: Database = probe.kit.db
    counter = uuid4()
    copy = next(consumer for consumer in SERVICE.consumers if consumer.name == "copy")

    def start() -> tuple[asyncio.Event, "asyncio.Task[None]"]:
        stop = asyncio.Event()
        return stop, asyncio.create_task(Listener(probe.kit, copy, Progress()).run(stop))

    async def applied(version: int) -> bool:
        async with there.connection() as tx:
            return bool(
                await tx.fetchval(
                    "SELECT true FROM inbox WHERE aggregate = $1 AND last >= $2", str(counter), version
                )
            )

    producer = AIOKafkaProducer(bootstrap_servers=servers.kafka)
    await producer.start()
    stop, running = start()
    try:
        # The partition was read a moment ago, so that its offset is still to be committed when the database goes.
        for version in (1, 2):
            await _send(producer, counter, version)
            await _until(lambda version=version: applied(version))
        away: Any = Refusing()
        probe.kit.db = away
        await _send(producer, counter, 3)
        await asyncio.wait_for(away.asked.wait(), PATIENCE_SECONDS)
        stop.set()
        await running
        probe.kit.db = there
        assert not await applied(3)
        stop, running = start()
        await _until(lambda: applied(3))
    finally:
        probe.kit.db = there
        stop.set()
        await running
        await producer.stop()


async def _send(producer: AIOKafkaProducer, counter: UUID, version: int) -> None:
    event = Raised(counter_id=counter, note="x")
    about = headers_for(event, event_id=uuid4(), version=version, at=datetime.now(UTC), context={})
    await producer.send_and_wait(
        TOPIC.name,
        event.model_dump_json().encode(),
        event.key().encode(),
        partition_of(event.key(), TOPIC.partitions),
        headers=[(name, value.encode()) for name, value in about.items()],
    )
