"""The active relay is frozen with acknowledged, unmarked events for longer than its lease."""

import asyncio
import signal

import psutil

from faults.ground import until
from faults.scenario import Scenario, Stage, Tally
from platform_kit.relay import LEASE_SECONDS


async def freeze(stage: Stage, tally: Tally) -> None:
    for service in ("resident_requests",) if stage.short else ("resident_requests", "paid_services"):
        await _freeze_relay_of(stage, tally, f"{service}.worker")


async def _freeze_relay_of(stage: Stage, tally: Tally, worker: str) -> None:
    """Another takes over and sends what was not marked; the frozen one's marking statement then changes 0 rows."""
    notes = stage.ground.orders.notes
    leases, stale = len(notes(worker, "lease")), len(notes(worker, "stale_mark"))
    before = len(notes(worker, "before_mark"))
    stage.ground.orders.give(worker, "before_mark", "freeze")
    note = await stage.ground.orders.hit(worker, "before_mark", after=before)
    frozen = psutil.Process(note["pid"])
    tally.fault(in_flight=note["in_hand"]["events"] > 0, what=f"{worker} frozen with {note['in_hand']}")
    try:
        await until(
            lambda: notes(worker, "lease")[leases:],
            lambda taken: any(lease["pid"] != frozen.pid for lease in taken),
            "another worker has taken the lease",
            LEASE_SECONDS + 10,
        )
        await asyncio.sleep(LEASE_SECONDS / 5)
    finally:
        frozen.send_signal(signal.SIGCONT)
    marks = await until(
        lambda: notes(worker, "stale_mark")[stale:], bool, "the frozen relay's mark was refused", 20
    )
    tally.require(
        marks[0]["status"] == "UPDATE 0", f"the stale relay's marking statement said {marks[0]['status']}"
    )


SCENARIOS = (Scenario("freeze", "SIGSTOP of the active relay past its lease", freeze, in_short=True),)
