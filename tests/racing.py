"""A race for certain: calls that stand before a lock together when it is let go."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from platform_kit.db import Tx
from platform_kit.testing import ServiceUnderTest

S, T = TypeVar("S"), TypeVar("T")
_WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def racing(
    service: ServiceUnderTest, lock: str, *held: Any, calls: Iterable[Awaitable[T]], waiting: int = 2
) -> list[T]:
    """The calls' answers, begun while the rows of the statement `lock` are held, which are let go when so many wait for a lock."""
    async with service.tx() as holder:
        await holder.execute(lock, *held)
        answers = asyncio.gather(*calls)
        await waiting_for_locks(holder, waiting)
    return await answers


async def overlapping(
    service: ServiceUnderTest, lock: str, *held: Any, first: Awaitable[T], then: Awaitable[S]
) -> tuple[T, S]:
    """Both answers. `then` begins when `first` stands before what the statement `lock` holds, which is let go when `then` is done
    or stands before a lock as well."""
    async with service.tx() as holder:
        await holder.execute(lock, *held)
        one = asyncio.ensure_future(first)
        await waiting_for_locks(holder, 1, unless=one.done)
        other = asyncio.ensure_future(then)
        await waiting_for_locks(holder, 2, unless=other.done)
    return await one, await other


async def waiting_for_locks(holder: Tx, waiting: int, *, unless: Callable[[], bool] = lambda: False) -> None:
    """Until so many sessions stand before a lock, or that is so."""
    while await holder.fetchval(_WAITING) < waiting and not unless():
        await asyncio.sleep(0.01)
        # A transaction sees the sessions as they were at its first look, unless told to look again.
        await holder.execute("SELECT pg_stat_clear_snapshot()")
