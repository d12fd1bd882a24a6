"""A broker of three: one restarted after the other, one killed, two away, leaders that move; the load goes on."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from faults.brokers import COUNT, Brokers, brokers
from faults.ground import Ground, ground, until
from faults.scenario import Scenario, Stage, Tally

PUBLISHING = ("resident_requests", "volunteer_matching", "paid_services", "relief_disbursement")
BUSY_TOPIC = "requests.requests"
RAISED, SUBMITTED = "probe.counter.raised.v1", "requests.request.submitted.v1"
BELOW_SECONDS = 10.0


@contextmanager
def of_three(say: Callable[[str], None], tree: Path | None) -> Iterator[Ground]:
    with brokers(say) as three, ground(say, tree=tree) as built:
        built.brokers = three
        yield built


async def three(stage: Stage, tally: Tally) -> None:
    cluster = stage.ground.brokers
    assert cluster is not None
    await _in_sync(cluster)
    await _require_copies(cluster, tally)
    await _rolling_restart(stage, tally, cluster)
    await _leader_killed(stage, tally, cluster)
    await _below_minimum(stage, tally, cluster)


async def _require_copies(cluster: Brokers, tally: Tally) -> None:
    for topic in await cluster.topics():
        few = [each for each in topic["partitions"] if len(each["replicas"]) < COUNT]  # type: ignore[attr-defined]
        tally.require(not few, f"{topic['topic']} has partitions with fewer than {COUNT} copies")


async def _in_sync(cluster: Brokers) -> None:
    await until(cluster.out_of_sync, lambda missing: missing == 0, "all copies are in sync", 90, pause=0.5)


async def _rolling_restart(stage: Stage, tally: Tally, cluster: Brokers) -> None:
    for number in range(1, COUNT + 1):
        waiting = await _catch_unsent(stage)
        began = time.monotonic()
        await asyncio.to_thread(cluster.stop, number)
        cluster.start(number)
        await _in_sync(cluster)
        tally.fault(
            in_flight=waiting > 0,
            what=f"broker {number} restarted with {waiting} events unsent, in sync after {time.monotonic() - began:.0f} s",
        )


async def _leader_killed(stage: Stage, tally: Tally, cluster: Brokers) -> None:
    leads = await cluster.leads(BUSY_TOPIC)
    leader = max(leads, key=lambda number: leads[number])
    waiting = await _catch_unsent(stage)
    began = time.monotonic()
    await asyncio.to_thread(cluster.stop, leader, signal.SIGKILL)
    await until(
        lambda: cluster.leads(BUSY_TOPIC), lambda found: found[leader] == 0, "its partitions have others", 60
    )
    moved = time.monotonic() - began
    cluster.start(leader)
    await _in_sync(cluster)
    tally.fault(
        in_flight=waiting > 0,
        what=f"broker {leader}, leader of {leads[leader]} partitions of {BUSY_TOPIC}, killed with {waiting} events unsent;"
        f" they had moved after {moved:.1f} s",
    )
    await _leaders_back(stage, tally, cluster, leader)


async def _leaders_back(stage: Stage, tally: Tally, cluster: Brokers, leader: int) -> None:
    """The election of preferred leaders gives the partitions back; nobody dies at it."""
    began, most = time.monotonic(), 0
    while not (await cluster.leads(BUSY_TOPIC))[leader]:
        most = max(most, await _unsent(stage))
        if time.monotonic() - began > 60:
            raise TimeoutError(f"broker {leader} leads nothing of {BUSY_TOPIC} again")
    tally.fault(
        in_flight=most > 0,
        what=f"leaders moved back to broker {leader} after {time.monotonic() - began:.1f} s, {most} events unsent at once",
    )


async def _below_minimum(stage: Stage, tally: Tally, cluster: Brokers) -> None:
    """Commands succeed, their events wait; they go when one comes back."""
    token = stage.ground.token("resident", subject=uuid4())
    waiting = await _catch_unsent(stage)
    for number in (1, 2):
        await asyncio.to_thread(cluster.stop, number)
    began, answered = time.monotonic(), 0
    counter, who = str(uuid4()), stage.town.residents[0]
    help_ = {"category": "errand", "words": "请帮我买药", "place": {"address": "三单元502"}}
    while time.monotonic() - began < BELOW_SECONDS:
        # The load's own people soon wait for events that cannot come; whoever files anew must still be answered.
        await stage.load.call("file", SUBMITTED, stage.town.tokens[who], "/requests", help_)
        await stage.probe.call("raise", RAISED, token, "/raise", {"counter_id": counter})
        answered += 1
        await asyncio.sleep(0.2)
    held = sum([await stage.ground.unsent(service) for service in (*PUBLISHING, "probe_service")])
    tally.require(
        answered > BELOW_SECONDS, f"only {answered} commands were answered below min.insync.replicas"
    )
    tally.require(held > 0, "no event waits below min.insync.replicas")
    tally.fault(
        in_flight=held > 0,
        what=f"two of three away with {waiting} events unsent: {answered} commands answered 2xx in {BELOW_SECONDS:.0f} s,"
        f" {held} events waited",
    )
    cluster.start(1)
    back = time.monotonic()
    waited = "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND created_at < clock_timestamp() - interval '10 seconds'"
    await until(
        lambda: stage.ground.one("probe_service", waited), lambda left: left == 0, "waiting events went", 60
    )
    tally.notes.append(f"they went within {time.monotonic() - back:.1f} s of one broker's start")
    cluster.start(2)
    await _in_sync(cluster)


async def _catch_unsent(stage: Stage) -> int:
    """Wait for an instant at which events are on their way; how many."""
    found = 0
    for _ in range(200):
        if found := await _unsent(stage):
            break
    return found


async def _unsent(stage: Stage) -> int:
    return sum([await stage.ground.unsent(service) for service in PUBLISHING])


SCENARIOS = (
    Scenario("three-brokers", "three brokers: rolling restart, a kill, two away", three, ground=of_three),
)
