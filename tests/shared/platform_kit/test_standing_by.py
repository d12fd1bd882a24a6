"""A relay that stands by does so quietly: it asks for the lease now and then, whatever hints it got before."""

import asyncio

import asyncpg

from platform_kit.relay import Relay
from platform_kit.testing import ServiceUnderTest
from platform_kit.watchdog import Progress

WATCHED_SECONDS = 3.0


async def test_a_relay_that_was_hinted_at_and_lost_its_lease_does_not_ask_without_pause(
    probe: ServiceUnderTest,
) -> None:
    standing_by = Relay(probe.kit, Progress())
    standing_by._wake.set()
    async with probe.tx() as tx:
        await tx.execute(
            "UPDATE relay_lease SET until = clock_timestamp() + interval '9 seconds', epoch = epoch + 1"
        )
    asked = 0
    connected = standing_by._connected

    async def counted() -> "asyncpg.Connection[asyncpg.Record]":
        nonlocal asked
        asked += 1
        return await connected()

    standing_by._connected = counted  # type: ignore[method-assign]
    stop = asyncio.Event()
    running = asyncio.create_task(standing_by.run(stop))
    await asyncio.wait([running], timeout=WATCHED_SECONDS)
    stop.set()
    await running
    assert 1 <= asked <= WATCHED_SECONDS + 2
