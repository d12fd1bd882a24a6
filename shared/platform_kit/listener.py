"""The consumer loop: batch → inbox and effects in one transaction → some time after, the offset. A stall ends the process."""

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from platform_kit import telemetry
from platform_kit.consumer import Consumer
from platform_kit.db import BUSY, OUTAGES, TROUBLE, Tx
from platform_kit.envelope import Undecodable
from platform_kit.inbox import Faulty, Incoming, apply, incoming
from platform_kit.kit import Kit
from platform_kit.parking import RELEASED_MEANWHILE, park, park_record
from platform_kit.telemetry import log
from platform_kit.watchdog import Progress, Stall

BATCH = 1000
TRIES_IN_PLACE = 2
WAIT_SECONDS = 1.0
STOP_SECONDS = 5.0
COMMIT_SECONDS = 15.0
# Offsets only save repeats, which the inbox drops: a commit for each event would cost the broker more than the event did.
COMMIT_EVERY_SECONDS = 0.5
LOOK_SECONDS = 15.0
POLL_SECONDS = 2.0
# Longer than the group waits for a member that does not come back.
JOIN_SECONDS = 120.0


class Outage(Exception):
    """The database is away: wait and hold, nothing is the event's fault."""


class Stalled(Exception):
    """There is work, the servers answer, and nothing comes: this process ends and is started again."""


class Listener:
    """One consumer of one worker."""

    def __init__(self, kit: Kit, consumer: Consumer, progress: Progress) -> None:
        self._kit = kit
        self._consumer = consumer
        self._progress = progress
        self._excused: set[tuple[str, str, int]] = set()
        self._taken: set[TopicPartition] = set()
        self._commit_due = 0.0
        self._polled_at = 0.0
        self.group = f"{kit.service}.{consumer.name}"

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._consume(stop)
            except KafkaError as error:
                log.warning("consumer starts again", group=self.group, error=repr(error))
                await asyncio.sleep(WAIT_SECONDS)

    async def _consume(self, stop: asyncio.Event) -> None:
        kafka = AIOKafkaConsumer(
            *self._consumer.topics,
            bootstrap_servers=self._kit.settings.kafka,
            client_id=self.group,
            group_id=self.group,
            group_instance_id=self._instance(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=60_000,
            max_poll_records=BATCH,
            fetch_max_wait_ms=100,
            request_timeout_ms=15_000,
            retry_backoff_ms=200,
        )
        self._taken = set()
        try:
            await _or_leave(stop, kafka.start())
            if self._consumer.start == "now" and not stop.is_set():
                await _or_leave(stop, self._remember_birth(kafka))
            stall, looked = Stall(), time.monotonic()
            self._polled_at = looked
            while not stop.is_set():
                self._progress.idle(self.group)
                polled = await self._polled(kafka)
                if polled:
                    await self._take(polled, stop)
                if self._taken and time.monotonic() >= self._commit_due:
                    await _or_leave(stop, self._commit(kafka))
                if time.monotonic() - looked > LOOK_SECONDS:
                    looked = time.monotonic()
                    await _or_leave(stop, self._notice_stall(kafka, stall))
            await self._commit(kafka, STOP_SECONDS)
        finally:
            with suppress(TimeoutError, KafkaError, asyncio.CancelledError):
                await asyncio.wait_for(kafka.stop(), STOP_SECONDS)

    async def _polled(self, kafka: AIOKafkaConsumer) -> dict[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        """Nothing while the group makes up its mind, which the client waits for without a bound: Stalled when it never does,
        though the broker answers."""
        try:
            async with asyncio.timeout(POLL_SECONDS):
                polled: dict[TopicPartition, list[ConsumerRecord[Any, Any]]] = await kafka.getmany(
                    timeout_ms=200, max_records=BATCH
                )
        except TimeoutError:
            if time.monotonic() - self._polled_at > JOIN_SECONDS:
                with suppress(KafkaError, TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await kafka.topics()
                        raise Stalled(self.group) from None
            return {}
        self._polled_at = time.monotonic()
        return polled

    async def _notice_stall(self, kafka: AIOKafkaConsumer, stall: Stall) -> None:
        """Ask the broker whether there is more than we are given; an answer that does not come is its outage, not a stall."""
        partitions = list(kafka.assignment())
        try:
            async with asyncio.timeout(WAIT_SECONDS * 5):
                ends = await kafka.end_offsets(partitions)
                at = {partition: await kafka.position(partition) for partition in partitions}
        except (KafkaError, TimeoutError):
            return
        if stall.look(
            {partition: at[partition] for partition in partitions if ends[partition] > at[partition]}
        ):
            raise Stalled(self.group)

    def _instance(self) -> str:
        """Static membership: unique per live process, and another one when the topics change."""
        topics = hashlib.sha256(" ".join(self._consumer.topics).encode()).hexdigest()[:8]
        return f"{self.group}-{self._kit.settings.ordinal}-{topics}"

    async def _take(
        self,
        polled: dict[TopicPartition, list[ConsumerRecord[Any, Any]]],
        stop: asyncio.Event,
    ) -> None:
        by_topic: dict[str, dict[TopicPartition, list[ConsumerRecord[Any, Any]]]] = defaultdict(dict)
        for partition, records in polled.items():
            by_topic[partition.topic][partition] = records
        for topic, partitions in by_topic.items():
            records = [record for part in partitions.values() for record in part]
            self._progress.working(self.group)
            while True:
                try:
                    await self.take_records(topic, records)
                except Outage as outage:
                    if not await self._kit.db.answers():
                        self._progress.idle(self.group)
                    log.warning("consumer waits for the database", group=self.group, error=str(outage))
                    if stop.is_set():
                        # Their positions are past what was not applied.
                        self._taken -= polled.keys()
                        return
                    await asyncio.sleep(WAIT_SECONDS)
                    # A server that answers and an inbox that cannot be written for a minute: this process ends.
                    self._progress.still_working(self.group)
                    continue
                break
            self._kit.nudge()
            self._taken |= partitions.keys()

    async def _commit(self, kafka: AIOKafkaConsumer, seconds: float = COMMIT_SECONDS) -> None:
        """Between two batches, all before the position of a partition has taken effect. An offset that was noted when its
        batch was taken may have been overtaken since by whoever had the partition meanwhile, and would set the group back.

        What fails is tried again, or the group would seem to be behind for as long as nothing new comes.
        """
        mine = self._taken & kafka.assignment()
        self._taken, self._commit_due = set(), time.monotonic() + COMMIT_EVERY_SECONDS
        try:
            async with asyncio.timeout(seconds):
                if mine:
                    await kafka.commit({partition: await kafka.position(partition) for partition in mine})
        except (KafkaError, TimeoutError) as error:
            self._taken = mine
            log.warning(
                "offset not committed; the inbox drops the repeats", group=self.group, error=repr(error)
            )
        except asyncio.CancelledError:
            self._taken = mine
            raise

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
        again = await self._begun_before(topic, parts)
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
                async with self._kit.db.transaction() as tx:
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
                async with self._kit.db.transaction() as tx:
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
                async with self._kit.db.transaction() as tx:
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
        if isinstance(cause, TROUBLE) and not await self._kit.db.answers():
            raise Outage(repr(cause))

    async def _park_record(self, record: ConsumerRecord[Any, Any], reason: str) -> None:
        headers = {
            name.replace("\0", "\ufffd"): (value or b"").decode(errors="replace").replace("\0", "\ufffd")
            for name, value in record.headers
        }
        async with self._kit.db.transaction() as tx:
            await park_record(
                tx, self.group, record.topic, record.partition, record.offset, (headers, record.value), reason
            )

    async def _born(self, topic: str) -> dict[int, int]:
        async with self._kit.db.transaction() as tx:
            rows = await tx.fetch(
                "SELECT partition, first_offset FROM consumer_birth WHERE consumer = $1 AND topic = $2",
                self.group,
                topic,
            )
        return {row["partition"]: row["first_offset"] for row in rows}

    async def _remember_birth(self, kafka: AIOKafkaConsumer) -> None:
        """Once, for every partition: below these offsets a consumer that starts now applies nothing."""
        partitions = [
            TopicPartition(topic, number)
            for topic in self._consumer.topics
            for number in kafka.partitions_for_topic(topic) or ()
        ]
        ends = await kafka.end_offsets(partitions)
        async with self._kit.db.transaction() as tx:
            await tx.executemany(
                """
                INSERT INTO consumer_birth (consumer, topic, partition, first_offset) VALUES ($1, $2, $3, $4)
                ON CONFLICT DO NOTHING
                """,
                [(self.group, part.topic, part.partition, offset) for part, offset in ends.items()],
            )


async def _or_leave(stop: asyncio.Event, doing: Coroutine[Any, Any, None]) -> None:
    """Ask the broker for it, or stop asking when the worker is told to leave: an answer may never come."""
    asked, told = asyncio.ensure_future(doing), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((asked, told), return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked
