"""Consumers whose group, records, clock or process misbehaves, while the healthy ones beside them go on."""

import asyncio
import re
import signal
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from faults.checker import find
from faults.consumer_groups import beside, ends, instead_of, joined, members, passed
from faults.ground import PROBE, until
from faults.scenario import Scenario, Stage, Tally
from local_runtime import supervise
from platform_kit.watchdog import STALLED_EXIT
from probe_service.service import MARKS, TOPIC

RAISED, MARKED = "probe.counter.raised.v1", "probe.mark.set.v1"
BUSY = "resident_gateway"
STORMY = "resident_gateway.timeline"
STORM_SECONDS, STORMS = 5.0, 3
IDLE_LIMIT_SECONDS = 20.0  # idle_in_transaction_session_timeout is 15 s


LAST_VERSION = 900  # the probe refuses above 1000


def _topics(group: str) -> set[str]:
    service, name = group.split(".")
    return next({*each.topics} for each in find(service).consumers if each.name == name)


def _groups(service: str) -> list[str]:
    return [f"{service}.{each.name}" for each in find(service).consumers]


async def _working(stage: Stage, service: str) -> bool:
    """Has a consumer of this service committed an effect just now?"""
    sql = "SELECT count(*) FROM fault_effect WHERE at > clock_timestamp() - interval '3 seconds'"
    return bool(await stage.ground.one(service, sql))


async def _caught_up(stage: Stage, group: str, patience: float = 60.0) -> float:
    goal = {}
    for topic in _topics(group):
        goal |= await ends(stage.ground, topic)
    return await passed(stage.ground, group, goal, patience)


async def storm(stage: Stage, tally: Tally) -> None:
    """A third member joins and leaves every 5 s; it counts as joined when the broker names it."""
    for _ in range(STORMS):
        with beside(stage.ground, f"{BUSY}.worker", LINLI_ORDINAL="2", GATEWAY_WORKER_METRICS_PORT="0"):
            took = await joined(stage.ground, STORMY, "2", instead_of=None)
            tally.fault(
                in_flight=await _working(stage, BUSY), what=f"a third member joined after {took:.1f} s"
            )
            await asyncio.sleep(STORM_SECONDS)
        tally.fault(in_flight=await _working(stage, BUSY))
        # A static member that leaves is missed only when its session ends.
        await until(
            lambda: members(stage.ground, STORMY),
            lambda found: "2" not in found,
            "it has left",
            30,
            pause=0.2,
        )
    for group in _groups(BUSY):
        tally.notes.append(f"{group} caught up {await _caught_up(stage, group):.1f} s after the storm")


async def two_with_one_id(stage: Stage, tally: Tally) -> None:
    """Two living processes with one member id steal it from each other; it heals when one leaves."""
    first = (await members(stage.ground, STORMY))["0"]
    with beside(stage.ground, f"{BUSY}.worker", GATEWAY_WORKER_METRICS_PORT="0") as twin:
        await joined(stage.ground, STORMY, "0", instead_of=first)
        holders = []
        for _ in range(20):
            holders.append((await members(stage.ground, STORMY)).get("0"))
            await asyncio.sleep(0.5)
        tally.fault(
            in_flight=await _working(stage, BUSY),
            what=f"in 10 s the member id was held by {len({*holders} - {None})} after each other",
        )
        tally.require(twin.poll() is None, "the twin had left before its time")
    for group in _groups(BUSY):
        tally.notes.append(f"{group} caught up {await _caught_up(stage, group):.1f} s after the twin left")


async def injected(stage: Stage, tally: Tally) -> None:
    """Old records of every topic of the busy service, byte for byte: the oldest ones and the latest ones."""
    for group in _groups(BUSY):
        for topic in sorted(_topics(group)):
            there = await ends(stage.ground, topic)
            goal = await _inject(stage, there)
            working = await _working(stage, BUSY)
            if goal:
                took = await passed(stage.ground, group, goal)
                count = sum(1 for _ in goal)
                tally.fault(
                    in_flight=working,
                    what=f"{topic}: {group} passed repeats on {count} partitions in {took:.1f} s",
                )


async def _inject(stage: Stage, there: dict[TopicPartition, int]) -> dict[TopicPartition, int]:
    reader = AIOKafkaConsumer(bootstrap_servers=stage.ground.running.kafka, enable_auto_commit=False)
    producer = AIOKafkaProducer(bootstrap_servers=stage.ground.running.kafka, acks="all")
    await reader.start()
    await producer.start()
    goal: dict[TopicPartition, int] = {}
    try:
        for partition, end in there.items():
            reader.assign([partition])
            for start in {0, max(0, end - 20)}:
                reader.seek(partition, start)
                for records in (await reader.getmany(timeout_ms=1000, max_records=20)).values():
                    for record in records:
                        sent = await producer.send_and_wait(
                            partition.topic, record.value, record.key, partition.partition,
                            headers=[*record.headers, ("fault_injected", b"1")],
                        )  # fmt: skip
                        goal[partition] = max(goal.get(partition, 0), sent.offset + 1)
    finally:
        await reader.stop()
        await producer.stop()
    return goal


async def blocked(stage: Stage, tally: Tally) -> None:
    """The event loop stands still before an offset commit; the watchdog ends the process, the supervisor starts it."""
    log = stage.ground.home.logs / "supervisord.log"
    mark = log.stat().st_size
    process = f"{BUSY}.worker"
    before = len(stage.ground.orders.notes(process, "before_offset_commit"))
    stage.ground.orders.give(process, "before_offset_commit", "block", seconds=75)
    note = await stage.ground.orders.hit(process, "before_offset_commit", after=before)
    began = time.monotonic()
    name = next(each["name"] for each in supervise.processes(stage.ground.home) if each["pid"] == note["pid"])
    tally.fault(in_flight=note["in_hand"]["events"] > 0, what=f"{name} blocked with {note['in_hand']}")
    status = await until(lambda: _exit(log, mark, name), lambda found: found is not None, f"{name} ended", 74)
    tally.notes.append(f"{name} ended with status {status} after {time.monotonic() - began:.0f} s")
    tally.require(status == STALLED_EXIT, f"{name} ended with status {status}")
    await stage.ground.back(name, instead_of=note["pid"])
    tally.notes.append(f"caught up {await _caught_up(stage, note['in_hand']['group']):.1f} s later")


def _exit(log: Path, mark: int, name: str) -> int | None:
    text = log.read_bytes()[mark:].decode(errors="replace")
    found = re.search(rf"exited: {re.escape(name)} \(exit status (\d+);", text)
    return int(found[1]) if found else None


async def frozen(stage: Stage, tally: Tally) -> None:
    """A process is frozen with row locks held: the server ends its transaction and another worker passes."""
    process = f"{BUSY}.worker"
    before = len(stage.ground.orders.notes(process, "before_effect_commit"))
    stage.ground.orders.give(process, "before_effect_commit", "freeze")
    note = await stage.ground.orders.hit(process, "before_effect_commit", after=before)
    began = time.monotonic()
    stopped = psutil.Process(note["pid"])
    try:
        ports = [each.laddr.port for each in stopped.net_connections("tcp")]
        held = (
            "SELECT count(*) FROM pg_stat_activity WHERE client_port = ANY($1)"
            " AND state = 'idle in transaction' AND backend_xid IS NOT NULL"
        )
        locks = await stage.ground.one(BUSY, held, ports)
        tally.fault(
            in_flight=locks > 0, what=f"{process} frozen with {note['in_hand']}, {locks} open transactions"
        )
        await until(
            lambda: stage.ground.one(BUSY, held, ports),
            lambda left: left == 0,
            "its transaction is ended",
            40,
        )
        took = time.monotonic() - began
        tally.require(took < IDLE_LIMIT_SECONDS, f"the frozen transaction held its locks for {took:.1f} s")
        through = took + await _caught_up(stage, note["in_hand"]["group"], 40)
        tally.notes.append(
            f"locks released after {took:.1f} s, another worker was through after {through:.1f} s"
        )
        await asyncio.sleep(max(0.0, 25 - (time.monotonic() - began)))
    finally:
        stopped.send_signal(signal.SIGCONT)


async def topics_changed(stage: Stage, tally: Tally) -> None:
    """The running group `probe_service.copy` gets a second topic, then loses it."""
    token = stage.ground.token("resident", subject=uuid4())
    group = f"{PROBE.name}.copy"
    workers = (f"{PROBE.name}.worker", f"{PROBE.name}.worker_2")

    async def work() -> None:
        counter = str(uuid4())
        for _ in range(20):
            await stage.probe.call("raise", RAISED, token, "/raise", {"counter_id": counter})
            await stage.probe.call("mark", MARKED, token, "/marks", {"mark_id": str(uuid4())})

    async with AsyncExitStack() as stack:
        for name in workers:
            working = asyncio.create_task(work())
            await stack.enter_async_context(instead_of(stage.ground, name, PROBE_COPIES="both"))
            await working
            tally.fault(in_flight=await _working(stage, PROBE.name))
        for topic in (TOPIC, MARKS):
            took = await passed(stage.ground, group, await ends(stage.ground, topic.name))
            tally.notes.append(f"{topic.name} was read {took:.1f} s after the topic was added")
        working = asyncio.create_task(work())
    await working
    tally.fault(in_flight=await _working(stage, PROBE.name))
    took = await passed(stage.ground, group, await ends(stage.ground, TOPIC.name))
    tally.notes.append(f"{TOPIC.name} was read {took:.1f} s after the other was taken away")


def _library() -> Path | None:
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


async def clock(stage: Stage, tally: Tally) -> None:
    """Processes whose clock is 2 h off: events' times, timers and the lease are the database's."""
    library = _library()
    if library is None:
        tally.require(False, "libfaketime is not installed: the Debian package libfaketime")
        return
    for offset in ("+2h", "-2h"):
        await _with_clock(stage, tally, str(library), offset)


async def _with_clock(stage: Stage, tally: Tally, library: str, offset: str) -> None:
    token = stage.ground.token("resident", subject=uuid4())
    wrong = {"LD_PRELOAD": library, "FAKETIME": offset, "DONT_FAKE_MONOTONIC": "1"}
    names = (
        "probe_service.worker",
        "probe_service.worker_2",
        "resident_requests.worker",
        "resident_requests.api",
    )
    before = await members(stage.ground, f"{PROBE.name}.copy")
    async with AsyncExitStack() as stack:
        for name in names:
            other = await stack.enter_async_context(instead_of(stage.ground, name, **wrong))
            await until(
                lambda p=other: library in Path(f"/proc/{p.pid}/maps").read_text(),
                bool,
                f"{name} has the other clock",
                10,
            )
        for ordinal, member in before.items():
            await joined(stage.ground, f"{PROBE.name}.copy", ordinal, instead_of=member)
        await until(
            lambda: _ready(stage, "resident_requests"), bool, "the api with the other clock answers", 60
        )
        rows = await stage.ground.one("resident_requests", "SELECT coalesce(max(id), 0) FROM outbox")
        counter, began = str(uuid4()), time.monotonic()
        await stage.probe.call("raise", RAISED, token, "/raise", {"counter_id": counter})
        await stage.probe.call("ring", "", token, "/rings", {"counter_id": counter, "after": 2})
        await until(
            lambda: stage.ground.one(PROBE.name, "SELECT version FROM counter WHERE id = $1::uuid", counter),
            lambda version: version == 2, "the timer has fired", 15,
        )  # fmt: skip
        fired = time.monotonic() - began
        tally.require(fired >= 2, f"a timer due after 2 s fired after {fired:.1f} s")
        new = "SELECT count(*) FROM outbox WHERE id > $1 AND sent_at IS NOT NULL"
        await until(
            lambda: stage.ground.one("resident_requests", new, rows),
            lambda n: n >= 5,
            "5 new events went out",
            40,
        )
        found = await stage.ground.ask(
            "resident_requests",
            "SELECT abs(extract(epoch FROM (headers->>'ce_time')::timestamptz - linli_now()))::float AS off"
            " FROM outbox WHERE id > $1", rows,
        )  # fmt: skip
        off = max(row["off"] for row in found)
        tally.require(off < 90, f"with a clock {offset} an event's time is {off:.0f} s off")
        tally.fault(
            in_flight=len(found) > 0,
            what=f"clock {offset}: {len(found)} new events, {off:.1f} s old at most; a 2 s timer fired after {fired:.1f} s",
        )


async def _ready(stage: Stage, service: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"{stage.ground.running.api(service)}/readyz")).is_success
        except httpx.TransportError:
            return False


async def racing(stage: Stage, tally: Tally) -> None:
    """Timers that are due at once and commands on the same 8 counters: each ring counts once, and nothing deadlocks.

    A ring that comes while its timer waits moves it; so what must fire is the timer rows that were made, which the checker's
    books count beside the kit.
    """
    token = stage.ground.token("resident", subject=uuid4())
    counters = [str(uuid4()) for _ in range(8)]
    deadlocks = await _deadlocks(stage)
    raised, under_way = Counter(counters), Counter()
    for counter in counters:
        await stage.probe.call("raise", RAISED, token, "/raise", {"counter_id": counter})
    until_then = time.monotonic() + (8 if stage.short else 15)

    async def ringer() -> None:
        while time.monotonic() < until_then:
            counter = stage.dice.choice(counters)
            tally.fault(in_flight=under_way[counter] > 0)
            await stage.probe.call("ring", "", token, "/rings", {"counter_id": counter})

    async def raiser() -> None:
        while time.monotonic() < until_then:
            counter = stage.dice.choice(counters)
            under_way[counter] += 1
            try:
                view = await stage.probe.call("raise", RAISED, token, "/raise", {"counter_id": counter})
            finally:
                under_way[counter] -= 1
            raised[counter] += 1
            if view["version"] > LAST_VERSION:
                return

    await asyncio.gather(*(ringer() for _ in range(12)), *(raiser() for _ in range(18)))
    mine = "SELECT count(*) FROM timer WHERE aggregate = ANY($1::uuid[])"
    await until(
        lambda: stage.ground.one(PROBE.name, mine, counters), lambda left: left == 0, "all have rung", 30
    )
    await asyncio.sleep(1)
    more = await _deadlocks(stage) - deadlocks
    tally.require(more == 0, f"{more} deadlocks")
    made = "SELECT count(*) FROM fault_timer WHERE aggregate = ANY($1)"
    rung = await stage.ground.one(PROBE.name, made, counters)
    tally.require(rung > 0, "no timer was made")
    tally.notes.append(f"{sum(raised.values())} raises, {rung} timers fired, {more} deadlocks")


async def _deadlocks(stage: Stage) -> int:
    connection = await asyncpg.connect(stage.ground.running.maintenance_dsn)
    try:
        found: int = await connection.fetchval("SELECT sum(deadlocks)::bigint FROM pg_stat_database")
        return found
    finally:
        await connection.close()


SCENARIOS = (
    Scenario("storm", "a member joins or leaves every 5 s", storm),
    Scenario("injected", "duplicates and old events on the topics", injected),
    Scenario("blocked", "a consumer whose loop is blocked", blocked),
    Scenario("frozen", "a process frozen inside a transaction", frozen),
    Scenario("topics-changed", "a topic added to and taken from a running group", topics_changed),
    Scenario("two-with-one-id", "two processes with one member id", two_with_one_id),
    Scenario("clock", "processes whose clock is 2 h ahead or behind", clock),
    Scenario("racing-timers", "timers and commands racing on the same aggregates", racing, in_short=True),
)
