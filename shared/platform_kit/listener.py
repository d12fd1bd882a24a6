"""The consumer loop: batch → inbox and effects in one transaction → some time after, the offset. A stall ends the process."""

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Collection, Coroutine
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, KafkaTimeoutError

from platform_kit.acting import SYSTEM
from platform_kit.broker import broker_connection
from platform_kit.consumer import Consumer
from platform_kit.intake import Intake, Outage
from platform_kit.kit import Kit
from platform_kit.telemetry import log
from platform_kit.watchdog import Progress, Stall

BATCH = 1000
# What the broker waits for before it gives us what there is: so many bytes, or so long.
HANDFUL_BYTES = 64 * 1024
HANDFUL_MS = 100
WAIT_SECONDS = 1.0
STOP_SECONDS = 5.0
COMMIT_SECONDS = 15.0
# Offsets only save repeats, which the inbox drops: a commit for each event would cost the broker more than the event did.
COMMIT_EVERY_SECONDS = 0.5
LOOK_SECONDS = 15.0
POLL_SECONDS = 2.0
# Longer than the group waits for a member that does not come back.
JOIN_SECONDS = 120.0


class Stalled(Exception):
    """There is work, the servers answer, and nothing comes: this process ends and is started again."""


class _Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """Since when this member waits for its group to make up its mind; None once it has its share, be that nothing."""

    def __init__(self, intake: Intake) -> None:
        self.waits_since: float | None = time.monotonic()
        self._intake = intake

    async def on_partitions_revoked(self, _: Collection[TopicPartition]) -> None:
        self.waits_since = time.monotonic()
        self._intake.forget_partitions()

    async def on_partitions_assigned(self, _: Collection[TopicPartition]) -> None:
        self.waits_since = None


class Listener:
    """One consumer of one worker."""

    def __init__(self, kit: Kit, consumer: Consumer, progress: Progress) -> None:
        self._kit = kit
        self._consumer = consumer
        self._progress = progress
        self._taken: set[TopicPartition] = set()
        self._commit_due = 0.0
        self._intake = Intake(kit, consumer, progress)
        self._membership = _Membership(self._intake)
        self.group = self._intake.group

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._consume(stop)
            except KafkaError as error:
                log.warning("consumer starts again", group=self.group, error=repr(error))
                await asyncio.sleep(WAIT_SECONDS)

    async def _consume(self, stop: asyncio.Event) -> None:
        kafka = AIOKafkaConsumer(
            **broker_connection(self._kit.settings.kafka, self._kit.settings),
            client_id=self.group,
            group_id=self.group,
            group_instance_id=self._instance(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=60_000,
            max_poll_records=BATCH,
            fetch_min_bytes=1 if self._consumer.at_once else HANDFUL_BYTES,
            fetch_max_wait_ms=HANDFUL_MS,
            request_timeout_ms=15_000,
            retry_backoff_ms=200,
        )
        self._taken, self._membership = set(), _Membership(self._intake)
        self._intake.forget_partitions()
        kafka.subscribe(self._consumer.topics, listener=self._membership)
        try:
            await self._start(kafka, stop)
            if self._consumer.start == "now" and not stop.is_set():
                await _or_leave(stop, self._remember_birth(kafka))
            stall, looked = Stall(), time.monotonic()
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

    async def _start(self, kafka: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        """Starting is joining the group for the first time, and the client waits for that without a bound."""
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await _or_leave(stop, kafka.start())
        except TimeoutError:
            await self._end_if_the_broker_answers(kafka)
            raise KafkaTimeoutError from None

    async def _polled(self, kafka: AIOKafkaConsumer) -> dict[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        """Nothing while the group makes up its mind again, which may also take without end."""
        waits_since = self._membership.waits_since
        if waits_since is not None and time.monotonic() - waits_since > JOIN_SECONDS:
            await self._end_if_the_broker_answers(kafka)
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                polled: dict[TopicPartition, list[ConsumerRecord[Any, Any]]] = await kafka.getmany(
                    timeout_ms=200, max_records=BATCH
                )
                return polled
        return {}

    async def _end_if_the_broker_answers(self, kafka: AIOKafkaConsumer) -> None:
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await kafka.topics()
                raise Stalled(self.group)

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
                    await self._intake.take_records(topic, records)
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

    async def _remember_birth(self, kafka: AIOKafkaConsumer) -> None:
        """Once, for every partition: below these offsets a consumer that starts now applies nothing."""
        partitions = [
            TopicPartition(topic, number)
            for topic in self._consumer.topics
            for number in kafka.partitions_for_topic(topic) or ()
        ]
        ends = await kafka.end_offsets(partitions)
        async with self._kit.db.transaction(SYSTEM) as tx:
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
