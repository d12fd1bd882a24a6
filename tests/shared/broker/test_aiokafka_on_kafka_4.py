"""Facts the backbone stands on: what aiokafka does on this Kafka, also on its worst day."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from local_runtime import supervise
from local_runtime.home import Home
from local_runtime.up import Running, down, up


async def make_topic(bootstrap: str, partitions: int, **settings: str) -> str:
    name = f"facts.{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=settings)])
    finally:
        await admin.close()
    return name


@asynccontextmanager
async def producing(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", compression_type="lz4",
        linger_ms=5, request_timeout_ms=15000, retry_backoff_ms=200,
    )  # fmt: skip
    await producer.start()
    try:
        yield producer
    finally:
        await asyncio.wait_for(producer.stop(), 10)


@asynccontextmanager
async def member(bootstrap: str, topic: str, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False,
        auto_offset_reset="earliest", session_timeout_ms=6000, heartbeat_interval_ms=500,
        metadata_max_age_ms=5000,
    )  # fmt: skip
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not become true in time"
        await asyncio.sleep(0.02)


async def read_all(bootstrap: str, topic: str, seconds: float = 30.0) -> list[Any]:
    """Every record of the topic up to its present end."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = consumer.assignment()
        assert partitions
        ends = await consumer.end_offsets(partitions)
        found: list[Any] = []
        deadline = time.monotonic() + seconds
        while any([await consumer.position(p) < ends[p] for p in partitions]):
            assert time.monotonic() < deadline, f"only {len(found)} of {sum(ends.values())} arrived"
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
        return found
    finally:
        await consumer.stop()


async def test_what_is_produced_is_read_in_order_of_its_key(servers: Any) -> None:
    topic = await make_topic(servers.kafka, 3)
    async with producing(servers.kafka) as producer:
        sent = [
            await producer.send(topic, str(n).encode(), key=f"aggregate {n % 7}".encode()) for n in range(700)
        ]
        await asyncio.wait_for(asyncio.gather(*sent), 30)
    by_key: dict[bytes, list[int]] = {}
    for record in await read_all(servers.kafka, topic):
        by_key.setdefault(record.key, []).append(int(record.value))
    assert sorted(n for numbers in by_key.values() for n in numbers) == list(range(700))
    assert all(numbers == sorted(numbers) for numbers in by_key.values())


async def test_a_topic_that_nobody_made_is_refused(servers: Any) -> None:
    async with producing(servers.kafka) as producer:
        with pytest.raises((KafkaError, TimeoutError)):
            await asyncio.wait_for(producer.send_and_wait(f"facts.misspelt.{uuid4().hex}", b"x"), 5)


async def test_a_group_shares_partitions_and_takes_over_those_of_who_leaves(servers: Any) -> None:
    topic = await make_topic(servers.kafka, 4)
    group = f"facts.{uuid4().hex}"
    async with member(servers.kafka, topic, group) as stays:
        async with member(servers.kafka, topic, group) as leaves:

            def shared() -> bool:
                ours, theirs = stays.assignment(), leaves.assignment()
                return len(ours) == len(theirs) == 2 and not ours & theirs

            await until(shared)
        await until(lambda: len(stays.assignment()) == 4)


async def test_a_member_goes_on_from_the_committed_offset(servers: Any) -> None:
    topic = await make_topic(servers.kafka, 1)
    group = f"facts.{uuid4().hex}"
    partition = TopicPartition(topic, 0)
    async with producing(servers.kafka) as producer:
        for n in range(10):
            await producer.send_and_wait(topic, str(n).encode())
    async with member(servers.kafka, topic, group) as first:
        for _ in range(6):
            await asyncio.wait_for(first.getone(), 20)
        await first.commit({partition: 4})
    async with member(servers.kafka, topic, group) as second:
        assert int((await asyncio.wait_for(second.getone(), 20)).value) == 4


async def test_a_poisoned_producer_is_healed_by_a_new_one(servers: Any) -> None:
    """A record that the broker refuses can leave an idempotent producer unable to send; its successor is well."""
    topic = await make_topic(servers.kafka, 1, **{"max.message.bytes": "1000"})
    poisoned = AIOKafkaProducer(bootstrap_servers=servers.kafka, enable_idempotence=True, acks="all")
    await poisoned.start()
    with pytest.raises(MessageSizeTooLargeError):
        await asyncio.wait_for(poisoned.send_and_wait(topic, b"x" * 2000), 20)
    started = time.monotonic()
    async with producing(servers.kafka) as fresh:
        for n in range(10):
            await asyncio.wait_for(fresh.send_and_wait(topic, str(n).encode()), 5)
    assert time.monotonic() - started < 5
    await asyncio.wait_for(poisoned.stop(), 10)
    assert [int(record.value) for record in await read_all(servers.kafka, topic)] == list(range(10))


@pytest.fixture
async def own_broker(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """A broker that a test may kill."""
    for name in ("DATABASE_URL", "LINLI_KAFKA"):
        monkeypatch.delenv(name, raising=False)
    home = Home(Path(tempfile.mkdtemp(prefix="linli-broker-")))
    try:
        yield await asyncio.to_thread(up, home, lambda _: None, services=(), usual_ports=False)
    finally:
        await asyncio.to_thread(down, home, lambda _: None)
        shutil.rmtree(home.root)


@pytest.mark.timeout(240)
async def test_a_broker_killed_under_load_loses_and_doubles_nothing(own_broker: Running) -> None:
    topic = await make_topic(own_broker.kafka, 3, **{"flush.messages": "1"})
    acknowledged: list[int] = []
    finished = asyncio.Event()

    async def load(producer: AIOKafkaProducer, first: int) -> None:
        """One sender, one record at a time: its numbers rise, so their order can be checked."""
        number = first
        while not finished.is_set():
            await producer.send_and_wait(topic, str(number).encode(), key=str(first).encode())
            acknowledged.append(number)
            number += 1

    async with producing(own_broker.kafka) as producer:
        senders = [asyncio.create_task(load(producer, n * 1_000_000)) for n in range(20)]
        await until(lambda: len(acknowledged) > 500)
        broker = next(each for each in supervise.processes(own_broker.home) if each["name"] == "kafka")
        psutil.Process(broker["pid"]).kill()
        at_the_kill = len(acknowledged)
        await until(lambda: len(acknowledged) > at_the_kill + 1000, 60)
        finished.set()
        await asyncio.wait_for(asyncio.gather(*senders), 30)

    by_sender: dict[bytes, list[int]] = {}
    for record in await read_all(own_broker.kafka, topic, 60):
        by_sender.setdefault(record.key, []).append(int(record.value))
    assert sorted(n for numbers in by_sender.values() for n in numbers) == sorted(acknowledged)
    assert all(numbers == sorted(numbers) for numbers in by_sender.values())
