"""A failing event waits aside with everything behind it of its aggregate; the rest goes on.

Parking never moves `last`. The head is tried again by itself with growing back-off; `linli parked` lets a person look,
retry or drop it.
"""

import asyncio
from collections.abc import Mapping

import asyncpg

from platform_kit import telemetry
from platform_kit.acting import SYSTEM
from platform_kit.consumer import Consumer
from platform_kit.db import Database, Tx
from platform_kit.inbox import Faulty, Incoming, apply, incoming, set_aside
from platform_kit.rounds import in_rounds
from platform_kit.telemetry import log
from platform_kit.watchdog import Progress

IDLE_SECONDS = 0.5
CHUNK = 100
SELDOM = 9

_TAKE = """
    UPDATE parked_key k
    SET failures = failures + 1,
        next_try_at = statement_timestamp() + interval '1 second' * power(2, least(failures, $3))
    FROM (
        SELECT topic, aggregate FROM parked_key
        WHERE consumer = $1 AND next_try_at <= statement_timestamp() AND failures {how_many}
        ORDER BY next_try_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) due
    WHERE k.consumer = $1 AND k.topic = due.topic AND k.aggregate = due.aggregate
    RETURNING k.topic, k.aggregate
"""
_NEW, _AGAIN = _TAKE.replace("{how_many}", "= 0"), _TAKE.replace("{how_many}", "> 0")


async def park(
    tx: Tx, group: str, topic: str, event: Incoming, reason: str, *, ends_the_process: bool = False
) -> None:
    """One that ends the process each time is tried again as seldom as one that has failed for long: each try costs a worker."""
    failures = SELDOM if ends_the_process else 0
    await tx.execute(
        """
        INSERT INTO parked_key (consumer, topic, aggregate, reason, failures, next_try_at)
        VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 second') ON CONFLICT DO NOTHING
        """,
        group,
        topic,
        event.about.aggregate,
        reason[:1000],
        failures,
        2**failures if failures else 0,
    )
    await set_aside(tx, group, topic, event)
    telemetry.EVENTS_PARKED.labels(*group.split(".", 1)).inc()
    log.error(
        "event parked", consumer=group, topic=topic, aggregate=event.about.aggregate, reason=reason[:300]
    )


async def park_record(
    tx: Tx,
    group: str,
    topic: str,
    partition: int,
    offset: int,
    record: tuple[Mapping[str, str], bytes | None],
    reason: str,
) -> None:
    """What cannot be read as an event is kept by its offset."""
    headers, value = record
    await tx.execute(
        """
        INSERT INTO parked_record (consumer, topic, partition, record_offset, reason, headers, payload)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
        """,
        group,
        topic,
        partition,
        offset,
        reason[:1000],
        dict(headers),
        value,
    )
    log.error(
        "record parked", consumer=group, topic=topic, partition=partition, offset=offset, reason=reason[:300]
    )


class Retries:
    """The loop that tries parked heads again; several workers may run it, each key is locked while it is tried."""

    def __init__(self, db: Database, group: str, consumer: Consumer, progress: Progress) -> None:
        self._progress = progress
        self._db = db
        self._group = group
        self._consumer = consumer

    async def run(self, stop: asyncio.Event) -> None:
        await in_rounds(stop, self._round, rest_seconds=IDLE_SECONDS, who=self._name)

    async def _round(self) -> bool:
        return await self.try_due() > 0

    async def try_due(self) -> int:
        """Try the heads that are due; how many keys were tried.

        What was tried before goes alone: the one that ends the process each time must not be counted against the others.
        """
        try:
            return await self._try_each(_NEW, CHUNK) + await self._try_each(_AGAIN, 1)
        finally:
            self._progress.idle(self._name)

    @property
    def _name(self) -> str:
        return f"{self._group}.retries"

    async def _try_each(self, statement: str, most: int) -> int:
        keys = await self._take(statement, most)
        for topic, aggregate in keys:
            self._progress.working(self._name)
            try:
                while await self._release_head(topic, aggregate):
                    self._progress.working(self._name)
            except Exception as error:
                if await self._db.is_away(error):
                    raise
                cause = error.cause if isinstance(error, Faulty) else error
                await self._note_failure(topic, aggregate, repr(cause))
        return len(keys)

    async def _take(self, statement: str, most: int) -> list[tuple[str, str]]:
        """The try is counted before it runs: an event that kills the process is counted too."""
        async with self._db.transaction(SYSTEM) as tx:
            rows = await tx.fetch(statement, self._group, most, SELDOM)
        return [(row["topic"], row["aggregate"]) for row in rows]

    async def _release_head(self, topic: str, aggregate: str) -> bool:
        """Apply the oldest parked event of the key; True while there is another behind it."""
        key = (self._group, topic, aggregate)
        async with self._db.transaction(SYSTEM) as tx:
            if not await lock_key(tx, *key):
                return False
            head = await head_of(tx, *key)
            if head is not None:
                await apply(tx, self._group, self._consumer, topic, [head], retrying=True)
                await remove_head(tx, *key, version=head.about.version)
            return not await release_if_empty(tx, *key)

    async def _note_failure(self, topic: str, aggregate: str, reason: str) -> None:
        async with self._db.transaction(SYSTEM) as tx:
            await tx.execute(
                "UPDATE parked_key SET reason = $4 WHERE consumer = $1 AND topic = $2 AND aggregate = $3",
                self._group,
                topic,
                aggregate,
                reason[:1000],
            )


async def hurry(tx: Tx, group: str, topic: str, aggregate: str) -> bool:
    """A person's wish: the head is due now. False when nothing of that name is parked."""
    done = await tx.execute(
        "UPDATE parked_key SET next_try_at = statement_timestamp()"
        " WHERE consumer = $1 AND topic = $2 AND aggregate = $3",
        group,
        topic,
        aggregate,
    )
    return bool(done == "UPDATE 1")


async def lock_key(tx: Tx, group: str, topic: str, aggregate: str) -> bool:
    row = await tx.fetchval(
        "SELECT true FROM parked_key WHERE consumer = $1 AND topic = $2 AND aggregate = $3 FOR UPDATE",
        group,
        topic,
        aggregate,
    )
    return bool(row)


async def head_of(tx: Tx, group: str, topic: str, aggregate: str) -> Incoming | None:
    row = await tx.fetchrow(
        """
        SELECT headers, payload FROM parked_event WHERE consumer = $1 AND topic = $2 AND aggregate = $3
        ORDER BY version LIMIT 1
        """,
        group,
        topic,
        aggregate,
    )
    if row is None:
        return None
    return incoming([(name, value.encode()) for name, value in row["headers"].items()], row["payload"])


async def remove_head(tx: Tx, group: str, topic: str, aggregate: str, *, version: int) -> None:
    await tx.execute(
        "DELETE FROM parked_event WHERE consumer = $1 AND topic = $2 AND aggregate = $3 AND version = $4",
        group,
        topic,
        aggregate,
        version,
    )


async def release_if_empty(tx: Tx, group: str, topic: str, aggregate: str) -> bool:
    """Under the key's lock: an event that arrives meanwhile waits for it, and then finds its key gone (23503)."""
    status = await tx.execute(
        """
        DELETE FROM parked_key k WHERE consumer = $1 AND topic = $2 AND aggregate = $3 AND NOT EXISTS (
            SELECT FROM parked_event e WHERE e.consumer = $1 AND e.topic = $2 AND e.aggregate = $3
        )
        """,
        group,
        topic,
        aggregate,
    )
    return bool(status == "DELETE 1")


async def drop_head(tx: Tx, group: str, topic: str, aggregate: str) -> bool:
    """A person's decision: the head is given up and its version counts as applied. False when there is none."""
    if not await lock_key(tx, group, topic, aggregate):
        return False
    head = await head_of(tx, group, topic, aggregate)
    if head is not None:
        await tx.execute(
            """
            INSERT INTO inbox (consumer, topic, aggregate, last) VALUES ($1, $2, $3, $4)
            ON CONFLICT (consumer, topic, aggregate) DO UPDATE SET last = greatest(inbox.last, excluded.last)
            """,
            group,
            topic,
            aggregate,
            head.about.version,
        )
        await remove_head(tx, group, topic, aggregate, version=head.about.version)
    await release_if_empty(tx, group, topic, aggregate)
    return True


RELEASED_MEANWHILE = asyncpg.ForeignKeyViolationError
