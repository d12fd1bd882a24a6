"""The connections of one process: asyncpg's pool, and at hand beside it those that were given back without an accident.

The pool makes a task for each taking and one for each giving back, so that both can be broken off: twice a turn of the event
loop, for a connection with which nothing is the matter.
"""

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Pooled: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"
ACQUIRE_SECONDS = 3.0


class Connections:
    """`in_use` of them are with somebody at this moment."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.in_use = 0
        self._pool = pool
        self._waiting = 0
        self._at_hand: list[Pooled] = []

    async def take(self) -> Pooled:
        """Raises TimeoutError when none comes free, and what connecting raises."""
        while self._at_hand:
            connection = self._at_hand.pop()
            if _is_open(connection):
                self.in_use += 1
                return connection
            await self._pool.release(connection)
        self._waiting += 1
        try:
            connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        finally:
            self._waiting -= 1
        self.in_use += 1
        return connection

    async def give_back(self, connection: Pooled, *, unharmed: bool) -> None:
        """`unharmed`: nothing was broken off on it. An open transaction is rolled back by the pool."""
        self.in_use -= 1
        if unharmed and not self._waiting and _is_open(connection) and not connection.is_in_transaction():
            self._at_hand.append(connection)
        else:
            # Whoever waits, waits at the pool.
            await self._pool.release(connection)

    async def close(self) -> None:
        """Waits for those that are with somebody."""
        while self._at_hand:
            await self._pool.release(self._at_hand.pop())
        await self._pool.close()

    def terminate(self) -> None:
        self._pool.terminate()


def _is_open(connection: Pooled) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        # Lost on its way: the pool has taken it back already.
        return False
