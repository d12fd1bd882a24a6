"""From the outbox to Kafka: one active relay per service, one batch per partition at a time, marked when acknowledged.

It reads what is unsent, never "id > last": a row that commits late would be overtaken by its successor. A stale relay can
send again, which consumers drop; it can never mark.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from platform_kit import telemetry
from platform_kit.db import TROUBLE, connect
from platform_kit.ids import new_id
from platform_kit.kit import Kit
from platform_kit.outbox import CHANNEL
from platform_kit.producer import REFUSED, Producer, Record
from platform_kit.telemetry import log
from platform_kit.watchdog import Progress

LEASE_SECONDS = 10
IDLE_SECONDS = 0.2
ROUND_ROWS = 4000
ROUND_BYTES = 8 * 1024 * 1024
NO_PROGRESS_SECONDS = 60.0
FAILURES_BEFORE_PARKED = 5
COUNTED = 100_000
Partition = tuple[str, int]

# The rows in flight, the partitions that failed lately and what waits behind a refused row are left out in SQL: left out
# after the LIMIT, thousands of rows of one failing partition would hide the healthy ones. Whether something of the same
# aggregate is held before a row is looked up by itself, in the only index that fits: as a join it was planned from an
# empty outbox's statistics, and read all that waits again for each row that waits.
_SENDABLE = """
    SELECT id, topic, partition, aggregate, headers, payload FROM outbox o
    WHERE sent_at IS NULL AND id <> ALL($1::bigint[])
        AND (next_try_at IS NULL OR next_try_at <= statement_timestamp())
        AND NOT EXISTS (
            SELECT FROM (
                SELECT id FROM outbox h
                WHERE h.topic = o.topic AND h.aggregate = o.aggregate AND h.next_try_at > statement_timestamp()
                ORDER BY h.id LIMIT 1
            ) held WHERE held.id < o.id
        )
"""
# No more than a round's bytes leave the database, whatever a row has: thousands of the largest would be a gigabyte.
_BOUNDED = """
    SELECT id, topic, partition, aggregate, headers, payload FROM (
        SELECT s.*, sum(octet_length(payload)) OVER (ORDER BY id) - octet_length(payload) AS bytes_before
        FROM ({sendable} ORDER BY id LIMIT $4) s
    ) b WHERE bytes_before < {bytes} ORDER BY id
""".replace("{bytes}", str(ROUND_BYTES))
_READ = _BOUNDED.replace(
    "{sendable}", _SENDABLE + " AND (topic, partition) NOT IN (SELECT * FROM unnest($2::text[], $3::int[]))"
)

# Of a partition that looks for its refused rows only the first few are wanted, however many it has.
_READ_FEW = _BOUNDED.replace("{sendable}", _SENDABLE + " AND topic = $2 AND partition = $3")

_TAKE = """
    UPDATE relay_lease SET epoch = epoch + 1, holder = $1, until = clock_timestamp() + $2 * interval '1 second'
    WHERE until < clock_timestamp() OR until > clock_timestamp() + $2 * interval '2 seconds'
    RETURNING epoch
"""

_RENEW = """
    UPDATE relay_lease SET until = clock_timestamp() + $3 * interval '1 second'
    WHERE holder = $1 AND epoch = $2 RETURNING epoch
"""

# The outbox grows from nothing to very much between two ANALYZEs, so its statistics mislead: plans are made each time, and
# only such as walk the index of what is unsent in its order and stop at the LIMIT. With 100,000 events waiting one that was
# kept read and sorted all of them in every round (2,800 a second), and so did a new one (200 ms a round).
PLANNING = "SET plan_cache_mode = force_custom_plan; SET enable_sort = off; SET enable_bitmapscan = off"

# Fenced: a relay that lost its lease marks nothing.
_MARK = """
    WITH lease AS (
        UPDATE relay_lease SET until = clock_timestamp() + $4 * interval '1 second'
        WHERE holder = $2 AND epoch = $3 RETURNING 1
    )
    UPDATE outbox SET sent_at = clock_timestamp(), next_try_at = NULL WHERE id = ANY($1) AND EXISTS (SELECT FROM lease)
"""

_HOLD = """
    UPDATE outbox SET failures = failures + 1,
        next_try_at = statement_timestamp() + interval '500 milliseconds' * power(2, least(failures, 3))
    WHERE id = $1 AND EXISTS (SELECT FROM relay_lease WHERE holder = $2 AND epoch = $3)
    RETURNING failures
"""


# Asked every few seconds while the lease runs: of a backlog of millions a count would outlast it.
_WAITING = """
    SELECT (SELECT count(*) FROM (SELECT FROM outbox WHERE sent_at IS NULL LIMIT $1) w) AS waiting,
        coalesce((
            SELECT extract(epoch FROM clock_timestamp() - created_at) FROM outbox
            WHERE sent_at IS NULL ORDER BY id LIMIT 1
        ), 0) AS age
"""


class LeaseLost(Exception):
    """Another relay is active now."""


@dataclass
class _Backoff:
    """One failing partition: when it may be tried again, and how many rows at most, while the refused one is sought.

    `few` is halved by each refusal and doubled by each success; 0 is no limit.
    """

    failures: int = 0
    until: float = 0.0
    few: int = 0


@dataclass
class Relay:
    """The loop of one worker; idle while another worker of the service holds the lease."""

    kit: Kit
    progress: Progress
    _holder: UUID = field(default_factory=new_id)
    _epoch: int = 0
    _failing: dict[Partition, _Backoff] = field(default_factory=dict)
    _marking: "asyncio.Task[None] | None" = None
    _in_flight: list[int] = field(default_factory=list)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _progressed: float = field(default_factory=time.monotonic)

    @property
    def name(self) -> str:
        return f"{self.kit.service}.relay"

    async def run(self, stop: asyncio.Event) -> None:
        producer = Producer(self.kit.settings.kafka, self.kit.settings, self.name)
        try:
            while not stop.is_set():
                try:
                    await self._serve(producer, stop)
                except LeaseLost:
                    log.info("relay stands by", service=self.kit.service)
                except TROUBLE as error:
                    log.warning("relay waits for the database", error=repr(error))
                self.progress.idle(self.name)
                # A hint is for the one that is active: whoever stands by must not be woken by the last it got.
                self._wake.clear()
                await self._pause(stop, 1.0)
        finally:
            await producer.discard()

    async def _serve(self, producer: Producer, stop: asyncio.Event) -> None:
        """Hold the lease and relay until it is lost or the connection breaks."""
        connection = await self._connected()
        try:
            epoch = await connection.fetchval(_TAKE, self._holder, LEASE_SECONDS)
            if epoch is None:
                raise LeaseLost
            self._epoch, self._failing, self._in_flight, self._marking = epoch, {}, [], None
            self._progressed = time.monotonic()
            await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
            marker = await self._connected()
            # A mark that a crash of the server takes back is a repeat, which consumers drop: no fsync is waited for.
            await marker.execute("SET synchronous_commit = off")
            try:
                await self._rounds(connection, marker, producer, stop)
            finally:
                with suppress(*TROUBLE, LeaseLost):
                    await self._marked()
                    await marker.execute(
                        "UPDATE relay_lease SET until = '-infinity' WHERE epoch = $1", self._epoch
                    )
                marker.terminate()
        finally:
            connection.terminate()

    async def _connected(self) -> Any:
        connection = await connect(self.kit.settings.database_url, self.name)
        await connection.execute(PLANNING)
        return connection

    async def _rounds(self, reader: Any, marker: Any, producer: Producer, stop: asyncio.Event) -> None:
        last_renewal = time.monotonic()
        while not stop.is_set():
            self._wake.clear()
            self.progress.working(self.name)
            rows, all_of_them = await self._read(reader)
            if rows:
                all_of_them &= await self._send(rows, marker, producer)
            else:
                await self._marked()
                self.progress.idle(self.name)
                if not self._failing:
                    self._progressed = time.monotonic()
            # When all that waited went, a second look would be in vain: whoever commits more gives a hint.
            if all_of_them or not rows:
                await self._pause(stop, IDLE_SECONDS)
            if time.monotonic() - last_renewal > LEASE_SECONDS / 4:
                last_renewal = time.monotonic()
                await self._marked()
                if await marker.fetchval(_RENEW, self._holder, self._epoch, LEASE_SECONDS) is None:
                    raise LeaseLost
                await self._measure(marker)

    async def _read(self, reader: Any) -> tuple[list[asyncpg.Record], bool]:
        """A round's rows; and whether nothing else waits that may be sent."""
        moment = time.monotonic()
        waiting = [partition for partition, backoff in self._failing.items() if backoff.until > moment]
        seeking = {partition: backoff.few for partition, backoff in self._failing.items() if backoff.few}
        left_out = {*waiting, *seeking}
        rows = await reader.fetch(
            _READ,
            self._in_flight,
            [topic for topic, _ in left_out],
            [number for _, number in left_out],
            ROUND_ROWS,
        )
        for partition in seeking.keys() - set(waiting):
            rows += await reader.fetch(_READ_FEW, self._in_flight, *partition, seeking[partition])
        all_of_them = len(rows) < ROUND_ROWS and sum(len(row["payload"]) for row in rows) < ROUND_BYTES
        return rows, all_of_them and not seeking

    async def _send(self, rows: Sequence[asyncpg.Record], marker: Any, producer: Producer) -> bool:
        """Whether all of them went."""
        by_partition: dict[Partition, list[asyncpg.Record]] = defaultdict(list)
        for row in rows:
            by_partition[row["topic"], row["partition"]].append(row)
        outcomes = await asyncio.gather(
            *(
                producer.send(*partition, [_record(row) for row in waiting])
                for partition, waiting in by_partition.items()
            ),
            return_exceptions=True,
        )
        sent: list[int] = []
        failed = False
        for (partition, waiting), outcome in zip(by_partition.items(), outcomes, strict=True):
            if isinstance(outcome, int):
                sent += [row["id"] for row in waiting[:outcome]]
                self._succeeded(partition)
            elif isinstance(outcome, Exception):
                # Whatever it is, it is this partition's: a topic with fewer partitions than it had fails an assertion.
                failed = True
                await self._failed(partition, waiting, outcome, marker)
            else:
                raise outcome
        await self._marked()
        if sent:
            self._progressed = time.monotonic()
            self._in_flight = sent
            self._marking = asyncio.create_task(self._mark(marker, sent))
        if failed:
            # A producer that is stuck takes seconds to be thrown away: what went is marked, and the lease renewed, meanwhile.
            await producer.discard()
        if not sent and time.monotonic() - self._progressed > NO_PROGRESS_SECONDS:
            log.error("relay makes no progress; it gives up its lease", service=self.kit.service)
            raise LeaseLost
        return len(sent) == len(rows)

    def _succeeded(self, partition: Partition) -> None:
        if backoff := self._failing.get(partition):
            backoff.failures = 0
            backoff.few *= 2
            if not 0 < backoff.few < ROUND_ROWS:
                del self._failing[partition]

    async def _failed(
        self, partition: Partition, rows: Sequence[asyncpg.Record], error: Exception, marker: Any
    ) -> None:
        """Back off; a refused batch is halved until the row that is refused alone is found and held with its aggregate."""
        backoff = self._failing.setdefault(partition, _Backoff())
        refused = isinstance(error, REFUSED)
        log.warning(
            "send failed", topic=partition[0], partition=partition[1], rows=len(rows), error=repr(error)
        )
        if refused and len(rows) == 1:
            await self._marked()
            failures = await marker.fetchval(_HOLD, rows[0]["id"], self._holder, self._epoch)
            if failures is None:
                raise LeaseLost
            if failures >= FAILURES_BEFORE_PARKED:
                log.error("event parked in the outbox", outbox_id=rows[0]["id"], error=repr(error))
            backoff.failures, backoff.few, backoff.until = 0, 1, 0.0
            return
        if refused:
            backoff.few, backoff.until = max(1, len(rows) // 2), 0.0
            return
        backoff.failures += 1
        backoff.until = time.monotonic() + min(0.2 * 2**backoff.failures, 2.0)

    async def _mark(self, marker: Any, ids: list[int]) -> None:
        status = await marker.execute(_MARK, ids, self._holder, self._epoch, LEASE_SECONDS)
        if status == "UPDATE 0":
            raise LeaseLost
        telemetry.EVENTS_SENT.labels(self.kit.service).inc(len(ids))

    async def _marked(self) -> None:
        """Wait for the marking under way; one at a time, on a connection of its own."""
        marking, self._marking = self._marking, None
        if marking is not None:
            await marking
            self._in_flight = []

    async def _measure(self, connection: Any) -> None:
        row = await connection.fetchrow(_WAITING, COUNTED)
        telemetry.OUTBOX_UNSENT.labels(self.kit.service).set(row["waiting"])
        telemetry.OUTBOX_AGE.labels(self.kit.service).set(float(row["age"]))
        parked = await connection.fetchval("SELECT count(*) FROM parked_key")
        telemetry.PARKED_KEYS.labels(self.kit.service).set(parked)

    async def _pause(self, stop: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self._wake.wait())]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()


def _record(row: asyncpg.Record) -> Record:
    return Record(
        key=row["aggregate"].encode(),
        value=row["payload"],
        headers=[(name, value.encode()) for name, value in row["headers"].items()],
    )
