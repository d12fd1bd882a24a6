"""A consumer applying events, against the same inbox and update statements run by asyncpg from memory.

The consumer is the gateway's timeline in its own worker, on payments' events: nobody else in the house listens to those.
Each of them updates one row.
"""

import asyncio
import re
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvloop
from aiokafka import AIOKafkaProducer

from benchmarks.figure import Figure, compared
from benchmarks.ground import Ground
from event_contracts.relief_disbursement import PAYMENTS, PaymentDue, PaymentSent
from local_runtime import supervise
from platform_kit.db import connect
from platform_kit.envelope import headers_for
from platform_kit.inbox import _ADVANCE
from platform_kit.listener import BATCH
from platform_kit.money import Money
from platform_kit.outbox import partition_of
from resident_gateway import store
from resident_gateway.rules.timeline import Item

NAME = "consumer_apply"
EVENTS = 100_000
PAYMENTS_AT_ONCE = 20_000
ROUNDS = 3
WINDOW = 5_000
SERVICE, CONSUMER = "resident_gateway", "timeline"
WORKER = f"{supervise.HOUSE}:{SERVICE}.worker"
_APPLIED = re.compile(
    rf'^events_applied_total{{consumer="{CONSUMER}",service="{SERVICE}"}} (\S+)$', re.MULTILINE
)
_PERSON = uuid4()


def measure(ground: Ground) -> list[Figure]:
    """The first round is a fifth as long and warms up: it inserts the rows that the others update."""
    payments = [uuid4() for _ in range(PAYMENTS_AT_ONCE)]
    ours, baseline = [], []
    version = 0
    asyncio.run(ground.caught_up())
    with ground.without_workers():
        for number in range(ROUNDS + 1):
            turns = EVENTS // PAYMENTS_AT_ONCE if number else 1
            uvloop.run(_produce(ground, payments, range(version + 1, version + turns + 1)))
            rate = asyncio.run(_consume(ground, turns * len(payments)))
            from_memory = uvloop.run(_from_memory(ground, payments, range(version + 1, version + turns + 1)))
            version += turns
            if number:
                ours.append(rate)
                baseline.append(from_memory)
                ground.say(f"round {number}: {rate:.0f}/s applied, {from_memory:.0f}/s from memory")
        asyncio.run(_proved(ground, payments, version))
    detail = {
        "events": EVENTS,
        "aggregates": len(payments),
        "batch": BATCH,
        "consumer": f"{SERVICE}.{CONSUMER}",
    }
    return [
        compared(
            "a consumer applies 100,000 events", ours, baseline, "events/s", bar=0.6, aim=0.8, detail=detail
        )
    ]


async def _produce(ground: Ground, payments: list[UUID], versions: range) -> None:
    """Straight into the topic, while nobody consumes: how they came there is another figure's matter."""
    kafka = AIOKafkaProducer(
        bootstrap_servers=ground.running.kafka, compression_type="lz4", enable_idempotence=True
    )
    await kafka.start()
    try:
        for version in versions:
            for at in range(0, len(payments), WINDOW):
                acknowledged = [await _sent(kafka, each, version) for each in payments[at : at + WINDOW]]
                await asyncio.gather(*acknowledged)
    finally:
        await kafka.stop()


async def _sent(kafka: AIOKafkaProducer, payment: UUID, version: int) -> Any:
    contract = PaymentDue if version == 1 else PaymentSent
    event = contract(
        payment_id=payment, payment_run_id=_PERSON, application_id=_PERSON, resident_id=_PERSON, unit_id=_PERSON,
        period="2026-11", amount=Money(60_000, "CNY"),
    )  # fmt: skip
    about = headers_for(event, event_id=uuid4(), version=version, at=datetime.now(UTC), context={})
    return await kafka.send(
        PAYMENTS.name,
        event.model_dump_json().encode(),
        key=event.key().encode(),
        partition=partition_of(event.key(), PAYMENTS.partitions),
        headers=[(name, value.encode()) for name, value in about.items()],
    )


async def _consume(ground: Ground, count: int) -> float:
    """Events a second from the first batch that the worker committed to the last, by its own metric: its start is no part."""
    rpc = supervise.remote(ground.home).supervisor
    rpc.startProcess(WORKER)
    address = f"http://127.0.0.1:{ground.running.ports[f'{SERVICE}.worker_metrics']}/metrics"
    first: tuple[float, float] | None = None
    deadline = time.monotonic() + 180
    async with httpx.AsyncClient(timeout=10) as client:
        while time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            try:
                seen = _APPLIED.search((await client.get(address)).text)
            except httpx.TransportError:
                continue
            applied, now = float(seen[1]) if seen else 0.0, time.monotonic()
            if applied and first is None:
                first = (applied, now)
            if first and applied >= count:
                rpc.stopProcess(WORKER)
                return (count - first[0]) / (now - first[1])
    raise TimeoutError(f"{first} and then not {count} events were applied in time")


async def _from_memory(ground: Ground, payments: list[UUID], versions: range) -> float:
    """The inbox's statement, the row's statement for each event, one commit a batch; nothing is decoded or counted."""
    connection = await connect(ground.dsn(SERVICE), "bench")
    names = [str(payment) for payment in payments]
    amount, moment = Money(60_000, "CNY"), datetime.now(UTC)
    batches = [
        (
            names[at : at + BATCH],
            [version] * len(names[at : at + BATCH]),
            [Item(_PERSON, payment, "payment", "sent", version, moment, "2026-11", amount=amount)
             for payment in payments[at : at + BATCH]],
        )
        for version in versions
        for at in range(0, len(payments), BATCH)
    ]  # fmt: skip
    started = time.monotonic()
    for aggregates, lasts, items in batches:
        async with connection.transaction():
            await connection.fetch(_ADVANCE, "bench.baseline", PAYMENTS.name, aggregates, lasts, False)
            for item in items:
                await store.save_item(connection, item)
    seconds = time.monotonic() - started
    await connection.close()
    return len(payments) * len(versions) / seconds


async def _proved(ground: Ground, payments: list[UUID], version: int) -> None:
    """Every event was applied, and its row is there; then they go, for whoever measures next."""
    connection = await connect(ground.dsn(SERVICE), "bench")
    applied = await connection.fetchval(
        "SELECT count(*) FROM inbox WHERE consumer = $1 AND topic = $2 AND aggregate = ANY($3) AND last = $4",
        f"{SERVICE}.{CONSUMER}", PAYMENTS.name, [str(payment) for payment in payments], version,
    )  # fmt: skip
    rows = await connection.execute(
        "DELETE FROM timeline_item WHERE person_id = $1 AND version = $2", _PERSON, version
    )
    await connection.execute("DELETE FROM inbox WHERE consumer = 'bench.baseline'")
    await connection.close()
    if applied != len(payments) or rows != f"DELETE {len(payments)}":
        raise AssertionError(f"{applied} of {len(payments)} aggregates are at version {version}; {rows}")
