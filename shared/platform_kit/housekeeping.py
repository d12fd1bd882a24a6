"""What has served its purpose goes, a bounded piece at a time: sent events, stored answers (they hold personal data).

And data keys under a retired key-encryption key go under the current one.
"""

import asyncio

from platform_kit.acting import SYSTEM
from platform_kit.db import TROUBLE
from platform_kit.kit import Kit
from platform_kit.problems import Unavailable
from platform_kit.rounds import in_rounds
from platform_kit.subject_keys import wrap_anew

PIECE = 5_000
KEYS_PIECE = 200
REST_SECONDS = 60.0

# Oldest first by the column that decides, and a time that an index can be asked for (clock_timestamp() is another at each
# row): otherwise all that is kept would be read each time.
_SENT = """
    DELETE FROM outbox WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM outbox WHERE sent_at < statement_timestamp() - $1 * interval '1 day'
        ORDER BY sent_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ))
"""
_ANSWERS = """
    DELETE FROM idempotency WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM idempotency WHERE created_at < statement_timestamp() - $1 * interval '1 day'
        ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ))
"""


class Housekeeping:
    """The loop of one worker; finished timers are deleted when they fire, so there is nothing to do about them."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def run(self, stop: asyncio.Event) -> None:
        trouble = (*TROUBLE, Unavailable)
        who = f"{self._kit.service}.housekeeping"
        await in_rounds(stop, self._round, rest_seconds=REST_SECONDS, who=who, trouble=trouble)

    async def _round(self) -> bool:
        return await self.tidy() >= PIECE

    async def tidy(self) -> int:
        """One piece of each kind; how many rows went."""
        settings = self._kit.settings
        removed = 0
        for statement, days in ((_SENT, settings.sent_events_days), (_ANSWERS, settings.stored_answers_days)):
            async with self._kit.db.transaction(SYSTEM) as tx:
                removed += int((await tx.execute(statement, days, PIECE)).split()[-1])
        while await self._wrap_keys_anew():
            continue
        return removed

    async def _wrap_keys_anew(self) -> int:
        async with self._kit.db.transaction(SYSTEM) as tx:
            return await wrap_anew(tx, self._kit.sealer, KEYS_PIECE)
