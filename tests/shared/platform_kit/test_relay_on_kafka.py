"""From the outbox over the real broker into effects: nothing lost, nothing doubled, nothing out of order."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from platform_kit import relay as relay_module
from platform_kit.listener import HANDFUL_MS, Listener
from platform_kit.relay import Relay
from platform_kit.testing import ServiceUnderTest
from platform_kit.watchdog import Progress
from probe_service.service import TOPIC, raise_counter

PATIENCE = 60.0


@pytest.fixture
async def wired(probe: ServiceUnderTest, servers: Any) -> AsyncIterator[ServiceUnderTest]:
    """The probe on the real broker, with a topic and a consumer group of its own."""
    name = f"probe.counters.{uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await admin.start()
    settings = {"message.timestamp.type": "LogAppendTime"}
    await admin.create_topics([NewTopic(name, TOPIC.partitions, 1, topic_configs=settings)])
    object.__setattr__(TOPIC, "name", name)
    probe.kit.settings.kafka = servers.kafka
    probe.kit.service = f"probe_{uuid4().hex[:8]}"
    yield probe
    await admin.delete_topics([name])
    await admin.close()
    object.__setattr__(TOPIC, "name", "probe.counters")


@asynccontextmanager
async def _running(*loops: Any) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(loop.run(stop)) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)


def _loops(probe: ServiceUnderTest) -> list[Any]:
    return [Relay(probe.kit, Progress()), Listener(probe.kit, probe.service.consumers[0], Progress())]


async def _effects(probe: ServiceUnderTest) -> dict[UUID, list[int]]:
    async with probe.tx() as tx:
        rows = await tx.fetch("SELECT counter_id, version FROM effect ORDER BY n")
    found: dict[UUID, list[int]] = defaultdict(list)
    for row in rows:
        found[row["counter_id"]].append(row["version"])
    return found


async def _until(probe: ServiceUnderTest, count: int) -> dict[UUID, list[int]]:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        effects = await _effects(probe)
        total = sum(len(versions) for versions in effects.values())
        if total >= count:
            return effects
        assert asyncio.get_running_loop().time() < deadline, f"{total} of {count} effects"
        await asyncio.sleep(0.05)


async def _write(probe: ServiceUnderTest, counters: list[UUID], rounds: int) -> int:
    """Concurrent writers with several events per command; one in five rolls back."""

    async def writer(counter: UUID, place: int) -> int:
        written = 0
        for turn in range(rounds):
            try:
                async with probe.tx() as tx:
                    await raise_counter(tx, counter, "x", times=1 + turn % 3)
                    if (turn + place) % 5 == 0:
                        raise InterruptedError
                written += 1 + turn % 3
            except InterruptedError:
                continue
        return written

    return sum(await asyncio.gather(*(writer(counter, place) for place, counter in enumerate(counters))))


async def test_what_was_committed_takes_effect_once_and_in_order(wired: ServiceUnderTest) -> None:
    counters = [uuid4() for _ in range(30)]
    async with _running(*_loops(wired)):
        written = await _write(wired, counters, rounds=15)
        effects = await _until(wired, written)
    assert sum(len(versions) for versions in effects.values()) == written
    for versions in effects.values():
        assert versions == list(range(1, len(versions) + 1))
    async with wired.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0


async def test_what_nobody_waits_for_takes_effect_in_handfuls(wired: ServiceUnderTest) -> None:
    """As many transactions as tenths of a second went by, not as many as there were events."""
    loop, count = asyncio.get_running_loop(), 40
    async with _running(*_loops(wired)):
        async with wired.tx() as tx:
            await raise_counter(tx, uuid4(), "x")
        await _until(wired, 1)
        began = loop.time()
        for _ in range(count):
            async with wired.tx() as tx:
                await raise_counter(tx, uuid4(), "x")
            wired.kit.nudge()
            await asyncio.sleep(0.005)
        await _until(wired, 1 + count)
        seconds = loop.time() - began
    async with wired.tx() as tx:
        transactions = await tx.fetchval("SELECT count(DISTINCT xmin::text) FROM effect") - 1
    assert 1 <= transactions <= 2 + seconds * 1000 / HANDFUL_MS


async def test_a_relay_that_lost_its_lease_marks_nothing_and_its_repeats_are_dropped(
    wired: ServiceUnderTest,
) -> None:
    counters = [uuid4() for _ in range(5)]
    written = await _write(wired, counters, rounds=6)
    async with wired.tx() as tx:
        await tx.execute(
            "UPDATE relay_lease SET holder = $1, epoch = 7, until = clock_timestamp() + interval '1 hour'",
            uuid4(),
        )
        ids = [row["id"] for row in await tx.fetch("SELECT id FROM outbox")]
        stale = await tx.execute(relay_module._MARK, ids, uuid4(), 6, 10)
    assert stale == "UPDATE 0"
    async with wired.tx() as tx:
        await tx.execute("UPDATE relay_lease SET until = '-infinity'")
    async with _running(*_loops(wired)):
        await _until(wired, written)
    async with wired.tx() as tx:
        await tx.execute("UPDATE outbox SET sent_at = NULL")
    async with _running(*_loops(wired)):
        async with asyncio.timeout(PATIENCE):
            while True:
                async with wired.tx() as tx:
                    if not await tx.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL"):
                        break
                await asyncio.sleep(0.05)
        marker = uuid4()
        async with wired.tx() as tx:
            await raise_counter(tx, marker, "last")
        effects = await _until(wired, written + 1)
    assert sum(len(versions) for versions in effects.values()) == written + 1


async def test_a_record_that_the_broker_refuses_holds_up_only_its_own_aggregate(
    wired: ServiceUnderTest, servers: Any
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await admin.start()

    async def limit(size: int) -> None:
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, TOPIC.name, {"max.message.bytes": str(size)})]
        )

    await limit(2000)
    bad, good = uuid4(), [uuid4() for _ in range(20)]
    async with wired.tx() as tx:
        await raise_counter(tx, bad, secrets.token_hex(6000))
    async with wired.tx() as tx:
        await raise_counter(tx, bad, "after it")
    for counter in good:
        async with wired.tx() as tx:
            await raise_counter(tx, counter, "x")
    async with _running(*_loops(wired)):
        effects = await _until(wired, len(good))
        assert bad not in effects
        await limit(1_000_000)
        began = datetime.now(UTC)
        effects = await _until(wired, len(good) + 2)
    assert effects[bad] == [1, 2]
    assert (datetime.now(UTC) - began).total_seconds() < 30
    await admin.close()


async def test_an_event_that_ends_its_handler_is_parked_by_the_worker_and_the_rest_goes_on(
    wired: ServiceUnderTest,
) -> None:
    bad, good = uuid4(), [uuid4() for _ in range(50)]
    async with _running(*_loops(wired)):
        for counter in (bad, *good):
            async with wired.tx() as tx:
                await raise_counter(tx, counter, "poison" if counter == bad else "x")
        effects = await _until(wired, len(good))
        async with asyncio.timeout(PATIENCE):
            while not await wired.parked():
                await asyncio.sleep(0.05)
    assert bad not in effects
    assert [aggregate for _, aggregate, _ in await wired.parked()] == [str(bad)]


async def test_of_a_backlog_of_the_largest_events_a_round_takes_no_more_than_its_bytes(
    wired: ServiceUnderTest,
) -> None:
    """And with several such rounds all of them arrive, in order."""
    counters, size = [uuid4() for _ in range(15)], 200_000
    for _ in range(5):
        async with wired.tx() as tx:
            for counter in counters:
                await raise_counter(tx, counter, "x" * size)
    relay = Relay(wired.kit, Progress())
    reader = await relay._connected()
    try:
        rows, all_of_them = await relay._read(reader)
    finally:
        await reader.close()
    assert not all_of_them
    largest = relay_module.ROUND_BYTES + 2 * size
    assert size < sum(len(row["payload"]) for row in rows) < largest < 75 * size
    async with _running(*_loops(wired)):
        effects = await _until(wired, 75)
    assert all(versions == [1, 2, 3, 4, 5] for versions in effects.values())
