"""Effect and inbox row in one transaction: each event takes effect once, in order, per consumer and aggregate."""

from collections.abc import Sequence
from dataclasses import dataclass

from event_contracts.base import CATALOG, VOID
from platform_kit import telemetry
from platform_kit.consumer import Consumer
from platform_kit.db import Tx
from platform_kit.envelope import Attributes, UnknownType, attributes, decode

# One statement a batch: who is held behind a parked event, and what was applied before. `before` is missing for what
# is held and for repeats; $5 is true for the retry of parked events.
_ADVANCE = """
    WITH e AS (
        SELECT a, l, EXISTS (
            SELECT FROM parked_key p WHERE p.consumer = $1 AND p.topic = $2 AND p.aggregate = a
        ) AND NOT $5 AS held
        FROM unnest($3::text[], $4::bigint[]) t(a, l)
    ),
    w AS (
        INSERT INTO inbox AS i (consumer, topic, aggregate, last)
        SELECT $1, $2, a, l FROM e WHERE NOT held ORDER BY a
        ON CONFLICT (consumer, topic, aggregate) DO UPDATE SET last = excluded.last WHERE i.last < excluded.last
        RETURNING aggregate, coalesce(old.last, 0) AS before
    )
    SELECT e.a, e.held, w.before FROM e LEFT JOIN w ON w.aggregate = e.a
"""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record as it came, its attributes read, its value not."""

    about: Attributes
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None


class Gap(Exception):
    """A version is missing: a fault of ours, never a reader's to skip."""


class Faulty(Exception):
    """One event of a batch failed; the batch is rolled back and its events go one by one."""

    def __init__(self, incoming: Incoming, cause: BaseException) -> None:
        super().__init__(
            f"{incoming.about.type} {incoming.about.aggregate} v{incoming.about.version}: {cause!r}"
        )
        self.incoming = incoming
        self.cause = cause


def incoming(headers: Sequence[tuple[str, bytes]], value: bytes | None) -> Incoming:
    """Raises Undecodable when the record is no event of ours."""
    return Incoming(attributes(headers), tuple(headers), value)


async def apply(
    tx: Tx, group: str, consumer: Consumer, topic: str, batch: Sequence[Incoming], *, retrying: bool = False
) -> int:
    """Apply what is new, set aside what is held, drop repeats; how many took effect. Raises Faulty on the first failure."""
    highest: dict[str, int] = {}
    for event in batch:
        highest[event.about.aggregate] = max(event.about.version, highest.get(event.about.aggregate, 0))
    rows = await tx.fetch(_ADVANCE, group, topic, list(highest), list(highest.values()), retrying)
    held = {row["a"] for row in rows if row["held"]}
    last = {row["a"]: int(row["before"]) for row in rows if row["before"] is not None}
    applied = 0
    for event in batch:
        about = event.about
        if about.aggregate in held:
            await set_aside(tx, group, topic, event)
        elif about.aggregate in last and about.version > last[about.aggregate]:
            try:
                if not _follows(consumer, last[about.aggregate], about.version):
                    raise Gap(f"version {about.version} after {last[about.aggregate]}")
                await _handle(tx, consumer, event)
            except Exception as error:
                raise Faulty(event, error) from error
            last[about.aggregate] = about.version
            applied += 1
    return applied


async def applied_version(tx: Tx, group: str, topic: str, aggregate: str) -> int:
    """The last version of that aggregate that took effect here; 0 before the first."""
    last = await tx.fetchval(
        "SELECT last FROM inbox WHERE consumer = $1 AND topic = $2 AND aggregate = $3",
        group,
        topic,
        aggregate,
    )
    return int(last or 0)


async def set_aside(tx: Tx, group: str, topic: str, event: Incoming) -> None:
    """Behind the parked head of its aggregate; the foreign key notices a release that happens meanwhile (23503)."""
    await tx.execute(
        """
        INSERT INTO parked_event (consumer, topic, aggregate, version, headers, payload)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
        """,
        group,
        topic,
        event.about.aggregate,
        event.about.version,
        {name: value.decode() for name, value in event.headers},
        event.value or b"",
    )


def _follows(consumer: Consumer, last: int, version: int) -> bool:
    born_later = last == 0 and consumer.start == "now"
    return version == last + 1 or born_later


async def _handle(tx: Tx, consumer: Consumer, event: Incoming) -> None:
    """Types that the contracts know and this consumer does not handle only move the version."""
    handler = consumer.handler(event.about.type)
    if handler is None:
        if event.about.type not in CATALOG and event.about.type != VOID:
            raise UnknownType(event.about.type)
        return
    telemetry.correlation_id.set(event.about.correlation_id)
    telemetry.causation_id.set(str(event.about.id))
    telemetry.traceparent.set(event.about.traceparent)
    await handler(tx, decode(event.about, event.value))
