"""Deadlines are rows. A due one takes the aggregate's lock FIRST, re-reads its row, fires, and is gone: one transaction.

The other order, timer before aggregate, deadlocks with a command on the same aggregate.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.acting import SYSTEM
from platform_kit.db import Tx
from platform_kit.kit import Kit
from platform_kit.rounds import in_rounds
from platform_kit.telemetry import log
from platform_kit.watchdog import Progress

CHUNK = 50
TRIES_BEFORE_PARKED = 10
IDLE_SECONDS = 0.5

# The time is asked once: asked of each row, all the deadlines to come would be read, too.
_TAKE = """
    UPDATE timer t
    SET attempts = attempts + 1,
        next_try_at = statement_timestamp() + interval '5 seconds' * power(2, least(attempts, 7)),
        parked_at = CASE WHEN attempts >= $3 THEN clock_timestamp() END,
        reason = CASE WHEN attempts >= $3 THEN coalesce(reason, 'it ended the process each time') ELSE reason END
    WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM timer
        WHERE due_at <= (SELECT linli_now()) AND parked_at IS NULL AND kind = ANY($1) AND {which}
        LIMIT $2 FOR UPDATE SKIP LOCKED
    ))
    RETURNING t.kind, t.aggregate, t.parked_at
"""
_NEW = _TAKE.replace("{which}", "next_try_at IS NULL ORDER BY due_at")
_AGAIN = _TAKE.replace("{which}", "next_try_at <= statement_timestamp() ORDER BY next_try_at")


@dataclass(frozen=True)
class TimerKind:
    """`lock(tx, aggregate)` takes the aggregate's row lock; `fire(tx, aggregate)` is the action. Names are never reused."""

    name: str
    lock: Callable[[Tx, UUID], Awaitable[object]]
    fire: Callable[[Tx, UUID], Awaitable[object]]


# A first timer as part of a wider statement: the numbers of the parameters that are its kind, aggregate and deadline.
NEW_TIMER = "INSERT INTO timer (kind, aggregate, due_at) VALUES (${kind}, ${aggregate}, ${due_at})"


async def set_timer(tx: Tx, kind: str, aggregate: UUID, due_at: datetime) -> None:
    """One per (kind, aggregate); setting it again moves it."""
    await tx.execute(
        """
        INSERT INTO timer (kind, aggregate, due_at) VALUES ($1, $2, $3)
        ON CONFLICT (kind, aggregate) DO UPDATE
        SET due_at = excluded.due_at, attempts = 0, next_try_at = NULL, parked_at = NULL, reason = NULL
        """,
        kind,
        aggregate,
        due_at,
    )


async def set_first_timers(tx: Tx, kind: str, due_at: Mapping[UUID, datetime]) -> None:
    """Of many new aggregates, in one statement."""
    if due_at:
        await tx.execute(
            "INSERT INTO timer (kind, aggregate, due_at) SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[])",
            kind,
            list(due_at),
            list(due_at.values()),
        )


async def clear_timer(tx: Tx, kind: str, aggregate: UUID) -> None:
    await tx.execute("DELETE FROM timer WHERE kind = $1 AND aggregate = $2", kind, aggregate)


async def clear_timers(tx: Tx, kinds: Sequence[str], aggregates: Sequence[UUID]) -> None:
    """Of many aggregates, in one statement."""
    await tx.execute(
        "DELETE FROM timer WHERE kind = ANY($1::text[]) AND aggregate = ANY($2::uuid[])",
        list(kinds),
        list(aggregates),
    )


class Timers:
    """The loop of one worker. Two workers may run it: whoever comes second finds the row gone."""

    def __init__(self, kit: Kit, kinds: tuple[TimerKind, ...], progress: Progress) -> None:
        self._kit = kit
        self._progress = progress
        self._kinds = {kind.name: kind for kind in kinds}

    async def run(self, stop: asyncio.Event) -> None:
        await in_rounds(stop, self._round, rest_seconds=IDLE_SECONDS, who=self.name)

    async def _round(self) -> bool:
        return await self.fire_due() > 0

    async def fire_due(self) -> int:
        """Fire one chunk of what is due, then one that was tried before; how many were tried.

        What was tried before goes alone: the one that ends the process each time must not be counted against the others.
        """
        try:
            return await self._fire_each(_NEW, CHUNK) + await self._fire_each(_AGAIN, 1)
        finally:
            self._progress.idle(self.name)

    @property
    def name(self) -> str:
        return f"{self._kit.service}.timers"

    async def _fire_each(self, statement: str, most: int) -> int:
        due = await self._take(statement, most)
        for kind, aggregate in due:
            self._progress.working(self.name)
            try:
                await self._fire(self._kinds[kind], aggregate)
            except Exception as error:
                if await self._kit.db.is_away(error):
                    raise
                log.warning("timer failed", kind=kind, aggregate=str(aggregate), error=repr(error))
                await self._note_failure(kind, aggregate, repr(error))
        if due:
            self._kit.nudge()
        return len(due)

    async def _take(self, statement: str, most: int) -> list[tuple[str, UUID]]:
        """Count the try before it runs, in a transaction of its own: one that kills the process is counted too."""
        async with self._kit.db.transaction(SYSTEM) as tx:
            rows = await tx.fetch(
                statement,
                list(self._kinds),
                most,
                TRIES_BEFORE_PARKED,
            )
        return [(row["kind"], row["aggregate"]) for row in rows if row["parked_at"] is None]

    async def _fire(self, kind: TimerKind, aggregate: UUID) -> None:
        async with self._kit.db.transaction(SYSTEM) as tx:
            await kind.lock(tx, aggregate)
            due_at = await tx.fetchval(
                "SELECT due_at FROM timer WHERE kind = $1 AND aggregate = $2 AND due_at <= linli_now() FOR UPDATE",
                kind.name,
                aggregate,
            )
            if due_at is None:
                return
            await kind.fire(tx, aggregate)
            await tx.execute(
                "DELETE FROM timer WHERE kind = $1 AND aggregate = $2 AND due_at = $3",
                kind.name,
                aggregate,
                due_at,
            )

    async def _note_failure(self, kind: str, aggregate: UUID, reason: str) -> None:
        async with self._kit.db.transaction(SYSTEM) as tx:
            await tx.execute(
                """
                UPDATE timer SET reason = $3, parked_at = CASE WHEN attempts >= $4 THEN clock_timestamp() END
                WHERE kind = $1 AND aggregate = $2
                """,
                kind,
                aggregate,
                reason[:500],
                TRIES_BEFORE_PARKED,
            )
