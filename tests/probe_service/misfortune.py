"""What a bad event does to its handler: named by the event's note, healed by the probe's cure."""

import os
import signal
from uuid import UUID

from platform_kit.consumer import NotYet
from platform_kit.db import Tx

POISON, KILL, KILL_TIMER, TIMEOUT, NEEDS = "poison", "kill", "kill-timer", "timeout", "needs:"
# It ends its own connection; what it wrote fails when it is committed.
BREAK, COMMIT = "break", "commit"
_BAD = (POISON, KILL, KILL_TIMER, TIMEOUT, BREAK, COMMIT)


class Poisonous(Exception):
    """Always, until it is cured."""


async def befall(tx: Tx, note: str) -> None:
    """Nothing, for an ordinary note."""
    if note.startswith(NEEDS):
        if not await tx.fetchval("SELECT true FROM mark WHERE id = $1", UUID(note.removeprefix(NEEDS))):
            raise NotYet(note)
        return
    if note not in _BAD or await tx.fetchval("SELECT true FROM cure WHERE note = $1", note):
        return
    if note in (KILL, KILL_TIMER):
        os.kill(os.getpid(), signal.SIGKILL)
    if note == TIMEOUT:
        await tx.execute("SET LOCAL statement_timeout = 20")
        await tx.execute("SELECT pg_sleep(1)")
    if note == BREAK:
        await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    if note == COMMIT:
        await tx.execute("INSERT INTO once (n) VALUES (1), (1)")
        return
    raise Poisonous(note)
