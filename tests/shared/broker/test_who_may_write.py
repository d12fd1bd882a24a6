"""On a broker that asks everybody who they are, a service writes its own topics, and a stranger gets nothing."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from event_contracts.topics import TOPICS
from local_runtime.acls import Grant, grants
from local_runtime.home import Home
from local_runtime.house import SERVICES
from local_runtime.status import look
from local_runtime.topics import create_topics, wait_for_kafka
from local_runtime.up import Running
from platform_kit.broker import broker_connection
from platform_kit.listener import Listener
from platform_kit.producer import Producer, Record
from platform_kit.relay import Relay
from platform_kit.settings import KafkaSettings
from platform_kit.testing import service_under_test
from platform_kit.watchdog import Progress
from probe_service.service import MARKS, TOPIC, raise_counter

from .locked_broker import ADMIN, LockedBroker, locked_broker

RECORD = Record(b"key", b"{}", [("ce_type", b"registry.staff.appointed.v1")])
REGISTRY, VOLUNTEERS = "community_registry", "volunteer_matching"


@pytest.fixture(scope="module")
def locked() -> Iterator[LockedBroker]:
    """Prepared as an operator does it: topics by the command, rights by what `local_runtime.acls` says."""
    with locked_broker(service.name for service in SERVICES) as broker:
        made = subprocess.run(
            [sys.executable, "-m", "local_runtime.topics", broker.bootstrap],
            env={**os.environ, **broker.environment(ADMIN)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.stdout == f"{len(TOPICS)} topics made\n", made.stderr
        asyncio.run(broker.grant(grants()))
        yield broker


async def _sent(broker: LockedBroker, access: KafkaSettings, topic: str) -> int:
    """How many records the service's own producer got acknowledged."""
    producer = Producer(broker.bootstrap, access, "test")
    try:
        return await producer.send(topic, 0, [RECORD])
    finally:
        await producer.discard()


async def _records(broker: LockedBroker, topic: str) -> int:
    """As the operator counts them, in the partition that the tests send to."""
    reader = AIOKafkaConsumer(**broker_connection(broker.bootstrap, broker.access(ADMIN)))
    await reader.start()
    try:
        [count] = (await reader.end_offsets([TopicPartition(topic, 0)])).values()
        return int(count)
    finally:
        await reader.stop()


async def test_a_service_publishes_its_own_and_no_others(locked: LockedBroker) -> None:
    registry, volunteers = locked.access(REGISTRY), locked.access(VOLUNTEERS)
    assert await _sent(locked, registry, "registry.staff") == 1
    assert await _sent(locked, volunteers, "volunteers.tasks") == 1
    anothers = ("registry.staff", "registry.residents")
    before = [await _records(locked, topic) for topic in anothers]
    for topic in anothers:
        with pytest.raises(TopicAuthorizationFailedError):
            await _sent(locked, volunteers, topic)
    assert [await _records(locked, topic) for topic in anothers] == before
    assert before[0] >= 1


@pytest.mark.parametrize("writer", [service.name for service in SERVICES])
async def test_each_topic_has_one_writer(locked: LockedBroker, writer: str) -> None:
    own = {grant.name for grant in grants() if (grant.principal, grant.operation) == (writer, "Write")}
    allowed = set()
    for topic in TOPICS:
        try:
            await _sent(locked, locked.access(writer), topic.name)
        except (TopicAuthorizationFailedError, ClusterAuthorizationFailedError):
            # Who writes nothing at all is not even given a producer's number.
            continue
        allowed.add(topic.name)
    assert allowed == own


async def test_a_service_reads_what_it_listens_to_in_a_group_of_its_own_name(locked: LockedBroker) -> None:
    async def polled(topic: str, group: str) -> None:
        consumer = AIOKafkaConsumer(
            topic, **broker_connection(locked.bootstrap, locked.access(VOLUNTEERS)),
            group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
        )  # fmt: skip
        try:
            await consumer.start()
            await consumer.getmany(timeout_ms=200)
            await consumer.commit()
        finally:
            await consumer.stop()

    await polled("registry.units", f"{VOLUNTEERS}.registry_replica")
    with pytest.raises(GroupAuthorizationFailedError):
        await polled("registry.units", f"{REGISTRY}.contacts")
    with pytest.raises(TopicAuthorizationFailedError):
        await polled("relief.payments", f"{VOLUNTEERS}.requests")


async def test_who_shows_no_name_or_a_wrong_one_gets_nothing(locked: LockedBroker, tmp_path: Path) -> None:
    (tmp_path / "guessed.password").write_text("guessed")
    wrong = locked.access(REGISTRY, tmp_path / "guessed.password")
    somebody = locked.access("somebody", tmp_path / "guessed.password")
    before = await _records(locked, "registry.staff")
    for access in (KafkaSettings(), wrong, somebody):
        with pytest.raises(KafkaError):
            await _sent(locked, access, "registry.staff")
    with pytest.raises(KafkaError):
        await wait_for_kafka(locked.bootstrap, 0)
    assert await _records(locked, "registry.staff") == before


async def test_a_broker_of_another_authority_is_told_no_password(locked: LockedBroker) -> None:
    trusting_another = KafkaSettings(
        LINLI_KAFKA_CA_FILE=locked.folder / "other_ca.pem",
        LINLI_KAFKA_USER=REGISTRY,
        LINLI_KAFKA_PASSWORD_FILE=locked.folder / f"{REGISTRY}.password",
    )
    with pytest.raises(KafkaError):
        await _sent(locked, trusting_another, "registry.staff")


async def test_a_service_makes_no_topics(locked: LockedBroker) -> None:
    admin = AIOKafkaAdminClient(**broker_connection(locked.bootstrap, locked.access(REGISTRY)))
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic("registry.mine", 1, 1)])
        assert [error[1] for error in answer.topic_errors] == [TopicAuthorizationFailedError.errno]
    finally:
        await admin.close()


async def test_the_operators_status_asks_by_name(
    locked: LockedBroker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in locked.environment(ADMIN).items():
        monkeypatch.setenv(name, value)
    status = await look(Running(Home(tmp_path), {}, "", locked.bootstrap), services=())
    assert set(status.topics) == {topic.name for topic in TOPICS}


async def test_a_worker_publishes_and_listens_by_its_name_and_what_it_may_not_write_yet_waits(
    locked: LockedBroker, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in locked.environment(ADMIN).items():
        monkeypatch.setenv(name, value)
    await create_topics(locked.bootstrap, (TOPIC, MARKS))
    async with service_under_test("probe_service", servers.postgres_dsn) as probe:
        access, settings = locked.access(REGISTRY), probe.kit.settings
        settings.kafka, settings.kafka_user = locked.bootstrap, access.kafka_user
        settings.kafka_ca_file, settings.kafka_password_file = (
            access.kafka_ca_file,
            access.kafka_password_file,
        )
        probe.kit.service = REGISTRY
        reading = Grant(REGISTRY, "Read", "topic", TOPIC.name)
        await locked.grant([reading])
        async with probe.tx() as tx:
            await raise_counter(tx, uuid4(), "x")

        async def waited(question: str) -> None:
            async with asyncio.timeout(60):
                while True:
                    async with probe.tx() as tx:
                        if await tx.fetchval(question):
                            return
                    await asyncio.sleep(0.1)

        stop = asyncio.Event()
        consumer = next(each for each in probe.service.consumers if TOPIC.name in each.topics)
        loops = (Relay(probe.kit, Progress()), Listener(probe.kit, consumer, Progress()))
        tasks = [asyncio.create_task(loop.run(stop)) for loop in loops]
        try:
            await waited("SELECT count(*) = 1 FROM outbox WHERE sent_at IS NULL AND failures > 0")
            await locked.grant([Grant(REGISTRY, "Write", "topic", TOPIC.name)])
            await waited("SELECT count(*) = 1 FROM effect")
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*tasks), 30)
