"""The single place where time enters: the database's clock, plus an offset that only local mode can set.

No process clock decides anything. Read the time after the aggregate's lock is held: `now()` of a transaction is older.
"""

from datetime import datetime

from platform_kit.db import Tx


async def now(tx: Tx) -> datetime:
    """The instant of this statement, aware, UTC."""
    instant: datetime = await tx.fetchval("SELECT linli_now()")
    return instant


async def offset_seconds(tx: Tx) -> int:
    return int(await tx.fetchval("SELECT coalesce((SELECT offset_seconds FROM local_clock), 0)"))


async def set_offset(tx: Tx, seconds: int) -> None:
    """Only `local_routes` calls it, and only local mode has those."""
    await tx.execute(
        "INSERT INTO local_clock (id, offset_seconds) VALUES (1, $1)"
        " ON CONFLICT (id) DO UPDATE SET offset_seconds = excluded.offset_seconds",
        seconds,
    )
