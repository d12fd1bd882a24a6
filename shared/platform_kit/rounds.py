"""The loop of everything in a worker that looks for work by itself: timers, parked heads, housekeeping, the audit's chain."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from platform_kit.db import TROUBLE
from platform_kit.telemetry import log


async def in_rounds(
    stop: asyncio.Event,
    once: Callable[[], Awaitable[bool]],
    *,
    rest_seconds: float,
    who: str,
    trouble: tuple[type[Exception], ...] = TROUBLE,
) -> None:
    """`once`, and again at once while it says that there is more, else after a rest, until `stop`. A database that is away or busy
    (`trouble`) is waited for: nobody's fault, and it passes."""
    while not stop.is_set():
        try:
            more = await once()
        except trouble as error:
            log.warning("waits for the database", who=who, error=repr(error))
            more = False
        if not more:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), rest_seconds)
