"""What runs, what waits, and what needs a person."""

import asyncio
import logging
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from local_runtime import supervise
from local_runtime.databases import service_dsn
from local_runtime.house import SERVICES, Service
from local_runtime.up import Running
from platform_kit.broker import broker_connection
from platform_kit.relay import FAILURES_BEFORE_PARKED
from platform_kit.sequencer import COUNTED
from platform_kit.sequencer import WAITING as UNCHAINED
from platform_kit.service import find
from platform_kit.settings import KafkaSettings

OLD_SECONDS = 60
FAR_BEHIND = 10_000
YOUNG_SECONDS = 20
# A process that starts this long after `up` was started again by the supervisor.
SETTLED_SECONDS = 90

_WAITING = """
    SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL) AS unsent,
        (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) FROM outbox WHERE sent_at IS NULL)
            ::float AS oldest_unsent_seconds,
        (SELECT count(*) FROM outbox WHERE sent_at IS NULL AND failures >= $1) AS parked_in_outbox,
        (SELECT count(*) FROM parked_record) AS parked_records,
        (SELECT count(*) FROM timer WHERE parked_at IS NOT NULL) AS parked_timers,
        (SELECT count(*) FROM timer WHERE parked_at IS NULL AND due_at < linli_now() - interval '1 minute')
            AS late_timers
"""


@dataclass
class Status:
    processes: list[dict[str, Any]] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    databases: dict[str, dict[str, Any]] = field(default_factory=dict)
    parked_keys: list[dict[str, Any]] = field(default_factory=list)
    topics: dict[str, int] = field(default_factory=dict)
    consumer_lag: dict[str, dict[str, int]] = field(default_factory=dict)
    needs_a_person: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def look(running: Running, services: tuple[Service, ...] = SERVICES) -> Status:
    """Everything there is to know of an instance; what could not be asked is a problem by itself."""
    status = Status(ports=dict(running.ports))
    _processes(running, status)
    await asyncio.gather(*(_database(running, service, status) for service in services))
    try:
        async with asyncio.timeout(20):
            await _kafka(running, services, status)
    except (KafkaError, OSError, TimeoutError) as error:
        status.needs_a_person.append(f"Kafka does not answer: {error!r}")
    return status


def _processes(running: Running, status: Status) -> None:
    try:
        found = supervise.processes(running.home)
    except supervise.NotRunning as error:
        status.needs_a_person.append(str(error))
        return
    up_at = running.home.read_state("up").get("at")
    settled = (up_at if isinstance(up_at, int) else 0) + SETTLED_SECONDS
    for process in found:
        name, state = process["name"], process["statename"]
        status.processes.append(
            {
                "name": name,
                "state": state,
                "pid": process["pid"],
                "since": process["start"],
                "says": process["description"],
            }
        )
        if state not in ("RUNNING", "STARTING"):
            status.needs_a_person.append(f"{name} is {state}; see linli logs {name}")
        elif process["start"] > settled and process["now"] - process["start"] < YOUNG_SECONDS:
            status.needs_a_person.append(f"{name} was started again a moment ago; see linli logs {name}")


async def _database(running: Running, service: Service, status: Status) -> None:
    try:
        connection = await asyncpg.connect(
            service_dsn(running.home, running.maintenance_dsn, service), timeout=5
        )
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        status.databases[service.name] = {"reachable": False}
        status.needs_a_person.append(f"database {service.name} does not answer: {error!r}")
        return
    try:
        waiting = dict(await connection.fetchrow(_WAITING, FAILURES_BEFORE_PARKED) or {})
        waiting |= dict(await connection.fetchrow(UNCHAINED, COUNTED) or {})
        parked = await connection.fetch(
            "SELECT consumer, topic, aggregate, parked_at::text, reason, failures FROM parked_key ORDER BY parked_at LIMIT 100"
        )
    except asyncpg.PostgresError as error:
        status.needs_a_person.append(f"database {service.name}: {error}")
        return
    finally:
        await connection.close()
    status.databases[service.name] = {"reachable": True, **waiting}
    status.parked_keys += [{"service": service.name, **dict(row)} for row in parked]
    status.needs_a_person += [
        f"{service.name}: {row['topic']} {row['aggregate']} is parked: {row['reason'][:100]}"
        for row in parked
        # A head that came before what it depends on heals by itself within its first tries.
        if row["failures"] > 3
    ]
    for what in ("parked_in_outbox", "parked_records", "parked_timers"):
        if waiting[what]:
            status.needs_a_person.append(f"{service.name}: {waiting[what]} {what.replace('_', ' ')}")
    if waiting["oldest_unsent_seconds"] > OLD_SECONDS:
        status.needs_a_person.append(
            f"{service.name}: an event waits for {waiting['oldest_unsent_seconds']:.0f} s"
        )
    if waiting["oldest_unchained_seconds"] > OLD_SECONDS:
        status.needs_a_person.append(
            f"{service.name}: an audit row has no link after {waiting['oldest_unchained_seconds']:.0f} s"
        )


async def _kafka(running: Running, services: tuple[Service, ...], status: Status) -> None:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    connection = broker_connection(running.kafka, KafkaSettings())
    admin = AIOKafkaAdminClient(**connection, request_timeout_ms=5000)
    asker = AIOKafkaConsumer(**connection, enable_auto_commit=False, request_timeout_ms=5000)
    try:
        await admin.start()
        await asker.start()
        described = await admin.describe_topics()
        status.topics = {
            topic["topic"]: len(topic["partitions"])
            for topic in described
            if not topic["topic"].startswith("__")
        }
        for service in services:
            for consumer in find(service.name).consumers:
                group = f"{service.name}.{consumer.name}"
                lag = await _lag(admin, asker, group, consumer.topics, status.topics)
                status.consumer_lag[group] = lag
                if sum(lag.values()) > FAR_BEHIND:
                    status.needs_a_person.append(f"{group} is {sum(lag.values())} events behind")
    finally:
        await asker.stop()
        await admin.close()


async def _lag(
    admin: AIOKafkaAdminClient,
    asker: AIOKafkaConsumer,
    group: str,
    topics: tuple[str, ...],
    sizes: dict[str, int],
) -> dict[str, int]:
    partitions = [TopicPartition(topic, number) for topic in topics for number in range(sizes.get(topic, 0))]
    ends = await asker.end_offsets(partitions)
    committed = await admin.list_consumer_group_offsets(group)
    lag = dict.fromkeys(topics, 0)
    for partition, end in ends.items():
        at = committed[partition].offset if partition in committed else 0
        lag[partition.topic] += max(0, end - max(0, at))
    return lag
