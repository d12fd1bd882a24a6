"""Events that cannot be applied or sent: they wait aside with what follows them, everything else goes on, nothing is lost."""

import asyncio
import json
import re
import secrets
import time
from collections.abc import Sequence
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.producer.message_accumulator import BatchBuilder

from faults.ground import until
from faults.scenario import Scenario, Stage, Tally
from platform_kit.db import connect
from platform_kit.outbox import partition_of
from platform_kit.parking import hurry
from platform_kit.producer import SETTINGS
from probe_service.misfortune import BREAK, COMMIT, KILL, KILL_TIMER, NEEDS, POISON, TIMEOUT
from probe_service.service import TOPIC

GROUP = "probe_service.copy"
RAISED, MARKED = "probe.counter.raised.v1", "probe.mark.set.v1"
AT_ONCE = 30
# The broker's limit for a while, and a record above it.
SMALL, LARGE = 2_000, 6_000


class Caller:
    """One caller of the probe."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._token = stage.ground.token("resident", subject=uuid4())
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def raise_(self, counter: str, note: str = "x", times: int = 1, then: int = 0) -> None:
        body = {"counter_id": counter, "note": note, "times": times, "then": then}
        async with self._slots:
            await self._stage.probe.call("raise", RAISED, self._token, "/raise", body, times=times + then)

    async def raise_all(
        self, counters: Sequence[str], note: str = "x", times: int = 1, then: int = 0
    ) -> None:
        await asyncio.gather(*(self.raise_(counter, note, times, then) for counter in counters))

    async def cure(self, note: str) -> None:
        await self._stage.probe.call("cure", "", self._token, "/cures", {"note": note})

    async def ring(self, counter: str, note: str = "x", others: Sequence[str] = ()) -> None:
        body = {"counter_id": counter, "note": note, "others": list(others)}
        await self._stage.probe.call("ring", "", self._token, "/rings", body)

    async def mark(self, mark: str) -> None:
        await self._stage.probe.call("mark", MARKED, self._token, "/marks", {"mark_id": mark})


async def poison(stage: Stage, tally: Tally) -> None:
    """One bad key among 1,000, while new events of it keep arriving: before, during and after it is made good."""
    caller = Caller(stage)
    counters = [str(uuid4()) for _ in range(200 if stage.short else 1000)]
    bad = counters[len(counters) // 2]
    await caller.raise_(bad)
    await caller.raise_(bad, POISON)
    arriving = asyncio.create_task(_keep_raising(caller, bad))
    try:
        await caller.raise_all([counter for counter in counters if counter != bad], times=2)
        await _effects(stage, [counter for counter in counters if counter != bad], 2)
        behind = await until(
            lambda: stage.ground.one(
                "probe_service", "SELECT count(*) FROM parked_event WHERE aggregate = $1", bad
            ),
            lambda parked: parked > 3,
            "the bad event is parked with what follows it",
        )
        done = await _applied(stage, bad)
        tally.fault(
            in_flight=behind > 1,
            what=f"{len(counters) - 1} keys went on; {behind} events of the bad one are parked",
        )
        tally.require(done == 1, f"{done} events of the bad key took effect before it was made good")
        await caller.cure(POISON)
        for _ in range(3 if stage.short else 10):
            await _retry(stage, bad)
            await asyncio.sleep(0.3)
        tally.require(not arriving.done(), "no more events of the key arrived while it was made good")
    finally:
        arriving.cancel()
    # The cancelled call's outcome is learnt by replay; then the checker finds every version, once and in order.
    await until(lambda: _retry(stage, bad), lambda there: not there, "all of it is made good", pause=0.3)
    await _released_meanwhile(stage, tally, caller)


async def _released_meanwhile(stage: Stage, tally: Tally, caller: Caller) -> None:
    """The key is made good at the very moment between seeing that an event of it must wait and setting that aside."""
    late, process = str(uuid4()), "probe_service.worker"
    parked = "SELECT count(*) FROM parked_key WHERE aggregate = $1"
    note = NEEDS + (mark := str(uuid4()))
    await caller.raise_(late, note)
    await until(lambda: stage.ground.one("probe_service", parked, late), bool, "it waits for its mark")
    go_on = stage.ground.orders.folder / f"released-{late}"
    before = len(stage.ground.orders.notes(process, "before_set_aside"))
    stage.ground.orders.give(process, "before_set_aside", "pause", until=str(go_on))
    await caller.raise_(late)
    await stage.ground.orders.hit(process, "before_set_aside", after=before)
    await caller.mark(mark)
    released = await until(
        lambda: _retry(stage, late), lambda there: not there, "it is made good meanwhile", pause=0.3
    )
    go_on.touch()
    await _effects(stage, [late], 2)
    tally.fault(in_flight=not released, what="a key was released while an event of it was being set aside")


async def _keep_raising(caller: Caller, counter: str) -> None:
    while True:
        await asyncio.gather(*(caller.raise_(counter) for _ in range(2)))
        await asyncio.sleep(0.05)


async def _retry(stage: Stage, aggregate: str) -> bool:
    """What `linli parked retry` does."""
    connection = await connect(stage.ground.dsn("probe_service"), "faults")
    try:
        return await hurry(connection, GROUP, TOPIC.name, aggregate)
    finally:
        await connection.close()


async def killer(stage: Stage, tally: Tally) -> None:
    """An event whose handler ends its process, its connection, always in SQLSTATE 57014, or at the COMMIT: parked, the others
    of its partition go on, and so do those of other partitions, which come all the while.

    And a timer that ends its process, due before thirty others.
    """
    caller = Caller(stage)
    await _killing_timer(stage, tally, caller)
    busy = asyncio.create_task(_keep_all_partitions_busy(caller))
    try:
        await _killing_events(stage, tally, caller)
    finally:
        busy.cancel()


async def _keep_all_partitions_busy(caller: Caller) -> None:
    counters = [_of_partition(number, 1)[0] for number in range(TOPIC.partitions)]
    while True:
        await caller.raise_all(counters)
        await asyncio.sleep(0.05)


async def _killing_events(stage: Stage, tally: Tally, caller: Caller) -> None:
    for note in (KILL, TIMEOUT, BREAK, COMMIT):
        bad, before = str(uuid4()), _deaths(stage)
        beside = _of_partition(partition_of(bad, TOPIC.partitions), 60 if stage.short else 300)
        await caller.raise_(bad, note)
        await caller.raise_all([*beside, bad])
        began = time.monotonic()
        await _effects(stage, beside, 1, patience=60)
        parked = await until(
            lambda bad=bad: stage.ground.one(
                "probe_service", "SELECT count(*) FROM parked_event WHERE aggregate = $1", bad
            ),
            lambda found: found >= 2,
            f"the {note} event is parked with what follows it",
        )
        deaths = _deaths(stage) - before
        tally.require(deaths > 1 or note != KILL, f"only {deaths} workers died of the event")
        tally.fault(
            in_flight=parked >= 2,
            what=f"{note}: {deaths} workers died; {len(beside)} beside it went on within {time.monotonic() - began:.1f} s, {parked} parked",
        )
        tally.require(await _applied(stage, bad) == 0, f"an event of the {note} key took effect")
        await caller.cure(note)
        await until(
            lambda bad=bad: _retry(stage, bad), lambda there: not there, "all of it is made good", pause=0.3
        )


async def _killing_timer(stage: Stage, tally: Tally, caller: Caller) -> None:
    """The two workers die of it once or twice; what was taken with it fires all the same, long before it is parked."""
    bad, beside, before = str(uuid4()), [str(uuid4()) for _ in range(30)], _deaths(stage)
    await caller.ring(bad, KILL_TIMER, beside)
    began = time.monotonic()
    await _effects(stage, beside, 1)
    took = time.monotonic() - began
    left = "SELECT count(*) FROM timer WHERE aggregate = $1::uuid"
    there, deaths = await stage.ground.one("probe_service", left, bad), _deaths(stage) - before
    tally.fault(
        in_flight=there == 1 and deaths > 0,
        what=f"a timer ended {deaths} workers; 30 beside it fired within {took:.1f} s",
    )
    await caller.cure(KILL_TIMER)
    await caller.ring(bad)
    await until(lambda: stage.ground.one("probe_service", left, bad), lambda n: n == 0, "it has fired")


def _deaths(stage: Stage) -> int:
    log = (stage.ground.home.logs / "supervisord.log").read_text()
    return len(re.findall(r"exited: probe_service\.worker", log))


async def early(stage: Stage, tally: Tally) -> None:
    """An event that comes before the one it depends on, of another topic, heals by itself."""
    caller = Caller(stage)
    pairs = [(str(uuid4()), str(uuid4())) for _ in range(20)]
    await asyncio.gather(*(caller.raise_(counter, NEEDS + mark) for counter, mark in pairs))
    waiting = await until(
        lambda: stage.ground.one(
            "probe_service", "SELECT count(*) FROM parked_key WHERE reason LIKE 'NotYet%'"
        ),
        lambda found: found >= len(pairs),
        "what came too early waits",
    )
    tally.fault(in_flight=waiting > 0, what=f"{waiting} events came before what they need")
    await asyncio.gather(*(caller.mark(mark) for _, mark in pairs))
    await _effects(stage, [counter for counter, _ in pairs], 1)


async def refused(stage: Stage, tally: Tally) -> None:
    """The broker refuses large records for a while: 4,800 rows of one partition wait, and nothing else does."""
    caller = Caller(stage)
    bad = _of_partition(0, 1200)
    good = _of_partition(1, 40)
    # The producer has sent to every partition before: only then does a failed batch poison it.
    await caller.raise_all([good[0], *_of_partition(0, 1), *_of_partition(2, 1)])
    await until(
        lambda: stage.ground.unsent("probe_service"),
        lambda unsent: unsent == 0,
        "the first ones are sent",
    )
    await _limit(stage, SMALL)
    try:
        # Small ones stand behind each large one and must not pass it: in the next batch, alone in their round, in thousands.
        # The next batch is taken only from a producer that the broker does not know yet: a refusal makes it a new one.
        await caller.raise_(bad[0], secrets.token_hex(LARGE // 2))
        await until(lambda: _held(stage), lambda held: held > 0, "the first refused one is held")
        await caller.raise_(*_of_partition(2, 1), await _fills_half_a_batch(stage), times=2, then=2)
        for counter in _of_partition(2, 20):
            await caller.raise_(counter, secrets.token_hex(LARGE // 2), then=2)
        await caller.raise_all(bad, secrets.token_hex(LARGE // 2), then=3)
        waiting = await stage.ground.unsent("probe_service")
        slowest = 0.0
        until_then = time.monotonic() + (6 if stage.short else 20)
        number = 0
        while time.monotonic() < until_then:
            number += 1
            began = time.monotonic()
            mark = str(uuid4())
            await asyncio.gather(caller.raise_(good[number % len(good)]), caller.mark(mark))
            await _effects_in_all(stage, "copy", good, number + 1)
            await _effects_in_all(stage, "marks", [mark], 1)
            slowest = max(slowest, time.monotonic() - began)
        there = await stage.ground.unsent("probe_service")
    finally:
        await _limit(stage, 1_048_588)
    began = time.monotonic()
    await until(
        lambda: stage.ground.unsent("probe_service"),
        lambda unsent: unsent == 0,
        "what was refused is sent",
        30,
    )
    healed = time.monotonic() - began
    tally.injected, tally.in_flight = waiting, there
    tally.notes.append(
        f"{waiting} rows of one partition waited; the slowest effect of another partition and topic took {slowest:.2f} s; "
        f"healed {healed:.1f} s after the limit's return"
    )
    tally.require(slowest < 2.0, f"another partition's event waited {slowest:.1f} s behind the refused ones")
    tally.require(healed < 5.0, f"healed only after {healed:.1f} s")


async def unanswered(stage: Stage, tally: Tally) -> None:
    """One partition does not answer for longer than a lease: the others go on, round after round, and their marks stand."""
    caller = Caller(stage)
    silent, good = _of_partition(0, 40), _of_partition(1, 1)
    await caller.raise_all([*good, *silent])
    await _effects(stage, [*good, *silent], 1)
    process, slowest, number = "probe_service.worker", 0.0, 1
    asked = len(stage.ground.orders.notes(process, "silence"))
    with stage.ground.orders.silent(f"{TOPIC.name}-0"):
        until_then = time.monotonic() + (6 if stage.short else 25)
        while time.monotonic() < until_then:
            number += 1
            began, mark = time.monotonic(), str(uuid4())
            await asyncio.gather(caller.raise_all([*good, *silent]), caller.mark(mark))
            await _effects_in_all(stage, "copy", good, number)
            await _effects_in_all(stage, "marks", [mark], 1)
            slowest = max(slowest, time.monotonic() - began)
        waiting = await stage.ground.unsent("probe_service")
        asked = len(stage.ground.orders.notes(process, "silence")) - asked
    began = time.monotonic()
    await _effects(stage, silent, number, 30)
    healed = time.monotonic() - began
    tally.injected, tally.in_flight = asked, min(asked, waiting)
    tally.notes.append(
        f"{asked} sends to one partition were not answered; the slowest effect of another partition and topic took"
        f" {slowest:.1f} s; {waiting} events waited and had their effects {healed:.1f} s after it answered again"
    )
    tally.require(slowest < 8.0, f"another partition's event waited {slowest:.1f} s behind the silent one")


async def _held(stage: Stage) -> int:
    return int(
        await stage.ground.one("probe_service", "SELECT count(*) FROM outbox WHERE next_try_at IS NOT NULL")
    )


async def _fills_half_a_batch(stage: Stage) -> str:
    """A note whose event leaves no room for a third one in the producer's batch when it comes twice."""
    [row] = await stage.ground.ask("probe_service", "SELECT aggregate, headers, payload FROM outbox LIMIT 1")
    batch = BatchBuilder(SETTINGS["max_batch_size"], 3)
    headers = [(name, value.encode()) for name, value in json.loads(row["headers"]).items()]
    small = batch.append(
        timestamp=None, key=row["aggregate"].encode(), value=row["payload"], headers=headers
    ).size
    return secrets.token_hex((SETTINGS["max_batch_size"] // 2 - small - small // 8) // 2)


async def _limit(stage: Stage, size: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stage.ground.running.kafka)
    await admin.start()
    try:
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, TOPIC.name, {"max.message.bytes": str(size)})]
        )
    finally:
        await admin.close()


def _of_partition(number: int, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        if partition_of(counter := str(uuid4()), TOPIC.partitions) == number:
            found.append(counter)
    return found


async def _applied(stage: Stage, counter: str) -> int:
    sql = "SELECT count(*) FROM fault_effect WHERE consumer = 'copy' AND aggregate = $1"
    return int(await stage.ground.one("probe_service", sql, counter))


async def _effects(stage: Stage, counters: Sequence[str], each: int, patience: float = 60) -> None:
    """Until each of them has so many effects, or more."""
    sql = (
        "SELECT count(*) FROM (SELECT aggregate FROM fault_effect WHERE consumer = 'copy' AND aggregate = ANY($1)"
        " GROUP BY aggregate HAVING count(*) >= $2) t"
    )
    await until(
        lambda: stage.ground.one("probe_service", sql, list(counters), each),
        lambda found: found == len(counters),
        f"{len(counters)} keys have {each} effects",
        patience,
    )


async def _effects_in_all(stage: Stage, consumer: str, aggregates: Sequence[str], count: int) -> None:
    sql = "SELECT count(*) FROM fault_effect WHERE consumer = $2 AND aggregate = ANY($1)"
    await until(
        lambda: stage.ground.one("probe_service", sql, list(aggregates), consumer),
        lambda found: found >= count,
        f"{count} effects of what is healthy",
        30,
        pause=0.02,
    )


SCENARIOS = (
    Scenario(
        "poison",
        "a poison event among many keys, made good while more of its key arrive",
        poison,
        in_short=True,
    ),
    Scenario("killer", "events that end their process or connection, time out, or fail at COMMIT", killer),
    Scenario("early", "events that come before what they depend on", early, in_short=True),
    Scenario("refused", "records that the broker refuses for a while", refused),
    Scenario("unanswered", "a partition that does not answer for longer than a lease", unanswered),
)
