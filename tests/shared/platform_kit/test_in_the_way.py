"""Somebody is in the way of a loop for longer than it waits for a lock: it goes on when they are gone, it does not end."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from platform_kit.clock import now
from platform_kit.housekeeping import Housekeeping
from platform_kit.parking import Retries
from platform_kit.testing import ServiceUnderTest
from platform_kit.timers import Timers, set_timer
from platform_kit.watchdog import Progress
from probe_service.service import raise_counter

PATIENCE_SECONDS = 60.0
# Every one of them, or a loop that asks another table first would never be in trouble.
_LOCK = "LOCK TABLE timer, parked_key, outbox, idempotency IN ACCESS EXCLUSIVE MODE"
_WAIT = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def test_loops_that_waited_in_vain_for_a_lock_go_on(probe: ServiceUnderTest) -> None:
    counter = uuid4()
    async with probe.tx() as tx:
        await raise_counter(tx, counter, "x")
        await set_timer(tx, probe.service.timers[0].name, counter, await now(tx) - timedelta(seconds=1))
    consumer = probe.service.consumers[0]
    loops: list[Any] = [
        Timers(probe.kit, probe.service.timers, Progress()),
        Housekeeping(probe.kit),
        Retries(probe.kit.db, f"{probe.service.name}.{consumer.name}", consumer, Progress()),
    ]
    stop = asyncio.Event()
    async with probe.tx() as tx:
        await tx.execute(_LOCK)
        running = [asyncio.create_task(loop.run(stop)) for loop in loops]
        await _until(tx, lambda waiting: waiting == len(loops))
        # Each has given up its wait at least once: the server's limit is five seconds.
        await _until(tx, lambda waiting: waiting == 0)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with probe.tx() as tx:
                    if not await tx.fetchval("SELECT count(*) FROM timer"):
                        break
                await asyncio.sleep(0.02)
        assert not any(task.done() for task in running)
    finally:
        stop.set()
        await asyncio.gather(*running)


async def _until(tx: Any, seen: Any) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        # A transaction sees the sessions as they were at its first look, unless told to look again.
        while not seen(await tx.fetchval(_WAIT)):
            await tx.execute("SELECT pg_stat_clear_snapshot()")
            await asyncio.sleep(0.02)
