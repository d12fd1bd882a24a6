"""What a bad event does to its handler: named by the event's note, healed by the probe's cure."""

import os
import signal
from uuid import UUID

from platform_kit.consumer import NotYet
from platform_kit.db import Tx

POISON, KILL, TIMEOUT, NEEDS = "poison", "kill", "timeout", "needs:"


class Poisonous(Exception):
    """Always, until it is cured."""


async def befall(tx: Tx, note: str) -> None:
    """Nothing, for an ordinary note."""
    if note.startswith(NEEDS):
        if not await tx.fetchval("SELECT true FROM mark WHERE id = $1", UUID(note.removeprefix(NEEDS))):
            raise NotYet(note)
        return
    if note not in (POISON, KILL, TIMEOUT) or await tx.fetchval(
        "SELECT true FROM cure WHERE note = $1", note
    ):
        return
    if note == KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    if note == TIMEOUT:
        await tx.execute("SET LOCAL statement_timeout = 20")
        await tx.execute("SELECT pg_sleep(1)")
    raise Poisonous(note)
