"""What time it is, for tokens: by the database's clock, whatever this machine's says.

A process whose clock is two hours ahead would refuse every token there is, one that is behind would take what has long expired.
"""

import asyncio
import time

from platform_kit.db import OUTAGES, Database

SET_SECONDS = 60.0
_AGAIN_SECONDS = 1.0


class WallClock:
    """Calling it gives the seconds since 1970. Until it is set it is this machine's."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.time() - self._ahead

    async def set(self, db: Database) -> None:
        """Raises whatever the database does."""
        async with db.connection() as tx:
            before = time.time()
            theirs: float = await tx.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
            self._ahead = (before + time.time()) / 2 - theirs

    async def keep(self, db: Database) -> None:
        """Set it now and then, until cancelled: clocks are put right under way."""
        while True:
            try:
                await self.set(db)
                await asyncio.sleep(SET_SECONDS)
            except OUTAGES:
                await asyncio.sleep(_AGAIN_SECONDS)
