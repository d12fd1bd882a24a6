"""The audit's chain is made here, after the commands: inside their transactions each would wait for the one before it.

What waits is numbered when it is seen, so a row that commits late gets a later number and nothing has to be waited for. A batch
is one transaction: a kill at any moment leaves no gap and no double. Now and then the chain's end is anchored outside the database.
"""

import asyncio
import time

from platform_kit import telemetry
from platform_kit.acting import SYSTEM
from platform_kit.audit_anchors import Anchor, Anchors
from platform_kit.audit_chain import ORIGIN, Link, links_after
from platform_kit.db import TROUBLE, Tx
from platform_kit.kit import Kit
from platform_kit.rounds import in_rounds
from platform_kit.telemetry import log
from platform_kit.watchdog import Progress

BATCH = 1_000
IDLE_SECONDS = 1.0
ANCHOR_SECONDS = 60.0
MEASURE_SECONDS = 5.0
COUNTED = 100_000

# One sequencer of a service at a time; whoever comes second finds the queue empty.
_LOCK = "SELECT pg_try_advisory_xact_lock(8242007)"

# A row that is gone already is taken too: its gap is chained, so that whoever verifies is told.
_TAKE = """
    WITH taken AS (
        DELETE FROM audit_waiting WHERE ctid = ANY(ARRAY(SELECT ctid FROM audit_waiting LIMIT $1)) RETURNING audit_id
    )
    SELECT t.audit_id, pg_catalog.to_jsonb(a) AS row FROM (SELECT DISTINCT audit_id FROM taken) t LEFT JOIN audit a ON a.id = t.audit_id
    WHERE NOT EXISTS (SELECT FROM audit_chain c WHERE c.audit_id = t.audit_id)
    ORDER BY t.audit_id
"""
_HEAD = "SELECT seq, audit_id, hash FROM audit_chain ORDER BY seq DESC LIMIT 1"
_ADD = "INSERT INTO audit_chain (seq, audit_id, hash) SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[])"
WAITING = """
    SELECT (SELECT count(*) FROM (SELECT FROM audit_waiting LIMIT $1) w) AS unchained,
        coalesce((
            SELECT extract(epoch FROM clock_timestamp() - uuid_extract_timestamp(audit_id)) FROM audit_waiting
            ORDER BY audit_id LIMIT 1
        ), 0)::float AS oldest_unchained_seconds
"""


class Sequencer:
    """The loop of one worker."""

    def __init__(self, kit: Kit, progress: Progress) -> None:
        self._kit = kit
        self._progress = progress
        self._anchors = Anchors.of(kit.settings, kit.service)
        self._anchored = 0
        self._anchored_at = self._measured_at = -ANCHOR_SECONDS

    @property
    def name(self) -> str:
        return f"{self._kit.service}.sequencer"

    async def run(self, stop: asyncio.Event) -> None:
        await in_rounds(stop, self._round, rest_seconds=IDLE_SECONDS, who=self.name)
        try:
            await self._now_and_then(leaving=True)
        except TROUBLE as error:
            log.warning("the chain's end is not anchored", error=repr(error))

    async def _round(self) -> bool:
        try:
            chained = await self.chain()
            await self._now_and_then(leaving=False)
            return chained >= BATCH
        finally:
            self._progress.idle(self.name)

    async def chain(self) -> int:
        """Link one batch of what waits; how many rows it was."""
        async with self._kit.db.connection() as tx:
            if not await tx.fetchval("SELECT EXISTS (SELECT FROM audit_waiting)"):
                return 0
        self._progress.working(self.name)
        async with self._kit.db.transaction(SYSTEM) as tx:
            if not await tx.fetchval(_LOCK):
                return 0
            rows = await tx.fetch(_TAKE, BATCH)
            head = await _head(tx)
            seq, previous = (head.seq, head.hash) if head else (0, ORIGIN)
            waiting = [(row["audit_id"], row["row"]) for row in rows]
            # A thousand hashes take some thirty milliseconds, in which the loop has other things to do.
            links = await asyncio.to_thread(lambda: list(links_after(seq, previous, waiting)))
            await tx.execute(
                _ADD,
                [link.seq for link in links],
                [link.audit_id for link in links],
                [link.hash for link in links],
            )
        return len(links)

    async def anchor(self) -> None:
        """Say outside of the database how the chain ends, if it has grown."""
        async with self._kit.db.connection() as tx:
            head = await _head(tx)
        if head is None or self._anchors is None or head.seq == self._anchored:
            return
        await asyncio.to_thread(self._anchors.add, Anchor(head.seq, head.hash))
        self._anchored = head.seq

    async def _now_and_then(self, *, leaving: bool) -> None:
        moment = time.monotonic()
        if leaving or moment - self._anchored_at > ANCHOR_SECONDS:
            self._anchored_at = moment
            await self.anchor()
        if moment - self._measured_at > MEASURE_SECONDS:
            self._measured_at = moment
            await self._measure()

    async def _measure(self) -> None:
        async with self._kit.db.connection() as tx:
            unchained, oldest = await tx.fetchrow(WAITING, COUNTED) or (0, 0.0)
            head = await _head(tx)
        service = self._kit.service
        telemetry.AUDIT_UNCHAINED.labels(service).set(unchained)
        telemetry.AUDIT_LAG.labels(service).set(oldest)
        telemetry.AUDIT_UNANCHORED.labels(service).set(head.seq - self._anchored if head else 0)


async def _head(tx: Tx) -> Link | None:
    row = await tx.fetchrow(_HEAD)
    return Link(row["seq"], row["audit_id"], row["hash"]) if row else None
