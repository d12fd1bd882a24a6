"""SIGKILL of apis and workers at named points; the same points with a pause there, and PostgreSQL or Kafka killed meanwhile."""

import asyncio
from uuid import uuid4

from faults.points import API_POINTS, WORKER_POINTS
from faults.scenario import Scenario, Stage, Tally

RAISED = "probe.counter.raised.v1"
PATIENCE = 45.0

# Which services the load keeps busy at which kind of point; `probe_service` has timers that fall due at any moment.
_PUBLISHING = ("resident_requests", "volunteer_matching", "paid_services", "relief_disbursement")
_RELAYING_POINTS = ("before_send", "after_acknowledgement", "before_mark", "after_lease")
_CONSUMING = ("resident_gateway", "volunteer_matching", "resident_requests")


async def kill(stage: Stage, tally: Tally) -> None:
    """Each point once and more, wherever the dice say; the next fault does not wait for the last one's recovery."""
    ringing = asyncio.create_task(_ring(stage))
    try:
        rounds = 1 if stage.short else 3
        for point in API_POINTS * rounds:
            await _kill_at(stage, tally, f"{stage.dice.choice(_PUBLISHING)}.api", point)
        for point in WORKER_POINTS * rounds:
            await _kill_at(stage, tally, f"{_busy_at(stage, point)}.worker", point)
        # What a client does by itself beside the work (committing offsets by the clock) needs a moment to be seen.
        for _ in range(rounds):
            await _kill_at(
                stage, tally, f"{stage.dice.choice(_CONSUMING)}.worker", "before_effect_commit", after=0.5
            )
    finally:
        ringing.cancel()


async def _kill_at(stage: Stage, tally: Tally, process: str, point: str, after: float = 0) -> None:
    orders = stage.ground.orders
    before = len(orders.notes(process, point))
    orders.give(process, point, "kill", after=after)
    if point == "after_lease":
        # The lease changes hands when the process that has it dies.
        (await stage.ground.active_relay(process.removesuffix(".worker"))).kill()
    note = await _hit(stage, process, point, before)
    tally.require(note is not None, f"{process} never came to {point}")
    if note is not None:
        tally.fault(in_flight=True, what=f"{process} killed {point} with {note['in_hand']}")


async def pause(stage: Stage, tally: Tally) -> None:
    """A process stands at its point while a server under it dies and comes back; then it goes on with what it had."""
    ringing = asyncio.create_task(_ring(stage))
    try:
        for server in ("postgres", "kafka"):
            for point in (*API_POINTS, *WORKER_POINTS):
                where = (
                    f"{stage.dice.choice(_PUBLISHING)}.api"
                    if point in API_POINTS
                    else f"{_busy_at(stage, point)}.worker"
                )
                await _pause_at(stage, tally, where, point, server)
    finally:
        ringing.cancel()


async def _pause_at(stage: Stage, tally: Tally, process: str, point: str, server: str) -> None:
    orders = stage.ground.orders
    release = orders.folder / f"release-{uuid4().hex}"
    before = len(orders.notes(process, point))
    orders.give(process, point, "pause", until=str(release))
    if point == "after_lease":
        (await stage.ground.active_relay(process.removesuffix(".worker"))).kill()
    note = await _hit(stage, process, point, before)
    if server == "postgres":
        await stage.ground.stop_postgres_immediately()
    else:
        await stage.ground.kill_kafka()
    release.touch()
    tally.require(note is not None, f"{process} never came to {point}")
    if note is not None:
        tally.fault(in_flight=True, what=f"{server} killed while {process} stood {point}")


async def _hit(stage: Stage, process: str, point: str, before: int) -> dict[str, object] | None:
    try:
        return await stage.ground.orders.hit(process, point, after=before, patience=PATIENCE)
    except TimeoutError:
        if stage.ground.orders.withdraw(process, point):
            return None
        return await stage.ground.orders.hit(process, point, after=before, patience=5)


def _busy_at(stage: Stage, point: str) -> str:
    if point == "after_timer_claim":
        return "probe_service"
    return stage.dice.choice(_PUBLISHING if point in _RELAYING_POINTS else _CONSUMING)


async def _ring(stage: Stage) -> None:
    """Timers of the probe that fall due all the while, on counters that are raised at the same time."""
    token = stage.ground.token("resident", subject=uuid4())
    counters = [str(uuid4()) for _ in range(4)]
    while True:
        counter = stage.dice.choice(counters)
        await stage.probe.call("raise", RAISED, token, "/raise", {"counter_id": counter})
        await stage.probe.call("ring", "", token, "/rings", {"counter_id": counter, "after": 0.2})
        await asyncio.sleep(0.3)


SCENARIOS = (
    Scenario("kill", "SIGKILL of apis and workers at named points", kill, in_short=True),
    Scenario("pause", "a pause at the same points while PostgreSQL or Kafka is killed", pause),
)
