"""What a consumer was given takes effect: together when all is well, one by one and counted when not, aside when it cannot."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
from aiokafka import ConsumerRecord

from platform_kit import telemetry
from platform_kit.acting import SYSTEM
from platform_kit.consumer import Consumer
from platform_kit.db import BUSY, OUTAGES, TROUBLE, Tx
from platform_kit.envelope import Undecodable
from platform_kit.inbox import Faulty, Incoming, apply, incoming
from platform_kit.kit import Kit
from platform_kit.parking import RELEASED_MEANWHILE, park, park_record
from platform_kit.watchdog import Progress

TRIES_IN_PLACE = 2
# A batch of no more is not noted before it runs, when all went well with the one before it of each of its partitions: most are of a
# few events, and the note would be one of five round trips. Only the first that a process gets of a partition can be one that
# another died of; one that dies of an unnoted batch leaves it to be the first of the next, which costs one end more.
FEW = 8


class Outage(Exception):
    """The database is away: wait and hold, nothing is the event's fault."""


class Intake:
    """Of one consumer of one worker."""

    def __init__(self, kit: Kit, consumer: Consumer, progress: Progress) -> None:
        self._kit = kit
        self._consumer = consumer
        self._progress = progress
        self._excused: set[tuple[str, str, int]] = set()
        self._known: set[tuple[str, int]] = set()
        self.group = f"{kit.service}.{consumer.name}"

    def forget_partitions(self) -> None:
        """They may have been another's meanwhile, and it may have died of what comes next."""
        self._known.clear()

    async def take_records(self, topic: str, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        """One topic's records, in order within each partition. Raises Outage when the database is away or somebody is in the
        way of the inbox's own statements, which is no event's fault."""
        parts: dict[int, list[Incoming]] = defaultdict(list)
        try:
            born = await self._born(topic) if self._consumer.start == "now" else {}
            for record in records:
                if record.offset < born.get(record.partition, 0):
                    continue
                try:
                    parts[record.partition].append(incoming(record.headers, record.value))
                except Undecodable as error:
                    await self._park_record(record, str(error))
            if parts:
                await self.take(topic, parts)
        except TROUBLE as error:
            raise Outage(repr(error)) from error

    async def take(self, topic: str, parts: Mapping[int, Sequence[Incoming]]) -> None:
        """What came of each partition: all at once when all is well; one by one, each try counted, what fails or was begun
        before and not finished, because it ended the process or its connection."""
        places = {(topic, partition) for partition in parts}
        few = sum(len(events) for events in parts.values()) <= FEW
        again = set() if few and places <= self._known else await self._begun_before(topic, parts)
        # Until it has ended well: what an error interrupts is noted when it comes again.
        self._known -= places
        together = [
            event for partition, events in parts.items() if partition not in again for event in events
        ]
        if together and not await self._take_together(topic, together):
            again = set(parts)
        for partition in again:
            for event in parts[partition]:
                self._progress.working(self.group)
                await self._take_one(topic, event)
        if again:
            async with self._kit.db.connection() as tx:
                await tx.execute(
                    "DELETE FROM batch_try WHERE consumer = $1 AND topic = $2 AND partition = ANY($3)",
                    self.group,
                    topic,
                    list(again),
                )
        self._known |= places

    async def _begun_before(self, topic: str, parts: Mapping[int, Sequence[Incoming]]) -> set[int]:
        """The partitions whose first event was the first of a batch before. By partition, because a batch has some of each
        and begins with another one each time; counted before it runs, and it need not survive a crash of the database, only
        one of this process.

        What went well leaves its row for the next to take over: a repeat of it goes one by one, which costs only time.
        """
        firsts = [f"{events[0].about.aggregate} {events[0].about.version}" for events in parts.values()]
        async with self._kit.db.connection() as tx:
            rows = await tx.fetch(
                """
                INSERT INTO batch_try AS t (consumer, topic, partition, first_event, tries)
                SELECT $1, $2, p.partition, p.first_event, 1
                FROM unnest($3::int[], $4::text[]) p(partition, first_event),
                    set_config('synchronous_commit', 'off', true)
                ORDER BY p.partition
                ON CONFLICT (consumer, topic, partition) DO UPDATE
                SET tries = CASE WHEN t.first_event = excluded.first_event THEN t.tries + 1 ELSE 1 END,
                    first_event = excluded.first_event
                RETURNING partition, tries
                """,
                self.group,
                topic,
                list(parts),
                firsts,
            )
        return {row["partition"] for row in rows if row["tries"] > 1}

    async def _take_together(self, topic: str, events: Sequence[Incoming]) -> bool:
        """False when one of them fails, or all at their COMMIT."""
        for _ in range(3):
            try:
                async with self._kit.db.transaction(SYSTEM) as tx:
                    applied = await apply(tx, self.group, self._consumer, topic, events)
            except RELEASED_MEANWHILE:
                continue
            except Faulty as fault:
                await self._blame(fault.cause)
                return False
            except TROUBLE:
                raise
            except asyncpg.PostgresError:
                return False
            telemetry.EVENTS_APPLIED.labels(self._kit.service, self._consumer.name).inc(applied)
            return True
        return False

    async def _take_one(self, topic: str, event: Incoming) -> None:
        reason = ""
        while await self._count_try(topic, event) <= TRIES_IN_PLACE:
            try:
                async with self._kit.db.transaction(SYSTEM) as tx:
                    await apply(tx, self.group, self._consumer, topic, [event])
                    await self._forget_tries(tx, topic, event)
            except RELEASED_MEANWHILE as error:
                reason = repr(error)
                continue
            except (Faulty, *OUTAGES) as error:
                # Not only what the handler raised: it may have ended its connection.
                cause = error.cause if isinstance(error, Faulty) else error
                try:
                    await self._blame(cause)
                except Outage:
                    self._excuse(topic, event)
                    raise
                reason = repr(cause)
            except BUSY:
                self._excuse(topic, event)
                raise
            except asyncpg.PostgresError as error:
                # What was written fails at COMMIT.
                reason = repr(error)
            else:
                telemetry.EVENTS_APPLIED.labels(self._kit.service, self._consumer.name).inc()
                return
        for _ in range(3):
            with suppress(RELEASED_MEANWHILE):
                async with self._kit.db.transaction(SYSTEM) as tx:
                    await park(
                        tx,
                        self.group,
                        topic,
                        event,
                        reason or "it ended the process each time",
                        ends_the_process=not reason,
                    )
                    await self._forget_tries(tx, topic, event)
                return
        raise Outage("the parked key was released again and again")

    def _excuse(self, topic: str, event: Incoming) -> None:
        self._excused.add((topic, event.about.aggregate, event.about.version))

    async def _count_try(self, topic: str, event: Incoming) -> int:
        """By itself, before the try: an event that kills the process is counted too.

        A try that an outage of the database ended is not counted again.
        """
        key = (topic, event.about.aggregate, event.about.version)
        try:
            async with self._kit.db.connection() as tx:
                tries: int = await tx.fetchval(
                    """
                    INSERT INTO event_try AS t (consumer, topic, aggregate, version, tries) VALUES ($1, $2, $3, $4, 1)
                    ON CONFLICT (consumer, topic, aggregate, version) DO UPDATE SET tries = t.tries + $5
                    RETURNING tries
                    """,
                    self.group,
                    *key,
                    0 if key in self._excused else 1,
                )
        except TROUBLE:
            # It may have been counted, and was not tried.
            self._excuse(topic, event)
            raise
        self._excused.discard(key)
        return tries

    async def _forget_tries(self, tx: Tx, topic: str, event: Incoming) -> None:
        await tx.execute(
            "DELETE FROM event_try WHERE consumer = $1 AND topic = $2 AND aggregate = $3 AND version = $4",
            self.group,
            topic,
            event.about.aggregate,
            event.about.version,
        )

    async def _blame(self, cause: BaseException) -> None:
        """Nothing is the event's fault while the database is away."""
        if await self._kit.db.is_away(cause):
            raise Outage(repr(cause))

    async def _park_record(self, record: ConsumerRecord[Any, Any], reason: str) -> None:
        headers = {
            name.replace("\0", "\ufffd"): (value or b"").decode(errors="replace").replace("\0", "\ufffd")
            for name, value in record.headers
        }
        async with self._kit.db.transaction(SYSTEM) as tx:
            await park_record(
                tx, self.group, record.topic, record.partition, record.offset, (headers, record.value), reason
            )

    async def _born(self, topic: str) -> dict[int, int]:
        async with self._kit.db.transaction(SYSTEM) as tx:
            rows = await tx.fetch(
                "SELECT partition, first_offset FROM consumer_birth WHERE consumer = $1 AND topic = $2",
                self.group,
                topic,
            )
        return {row["partition"]: row["first_offset"] for row in rows}
