"""Publishing: rows inserted through the caller's transaction. Nothing here sends; the relay does."""

from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime

from aiokafka.partitioner import murmur2

from event_contracts.base import VOID, EventPayload
from platform_kit import telemetry
from platform_kit.db import Tx
from platform_kit.envelope import headers_for
from platform_kit.ids import new_id
from platform_kit.problems import Refusal, Text

LARGEST = 256 * 1024
CHANNEL = "outbox"


# Whether this task has published anything since it last gave the relay a hint.
published: ContextVar[bool] = ContextVar("published", default=False)


class EventTooLarge(Refusal):
    """It could never be sent, so the command fails now instead of the relay for ever."""

    status = 413
    says = Text("This is too large to be passed on.", "内容过大,无法传递。")


async def publish(tx: Tx, *events: EventPayload, version: int, at: datetime) -> None:
    """Events of ONE aggregate whose lock this transaction holds; `version` is the aggregate's after the last of them."""
    first = version - len(events) + 1
    await publish_all(tx, [(event, first + i) for i, event in enumerate(events)], at=at)


async def publish_all(tx: Tx, events: Sequence[tuple[EventPayload, int]], *, at: datetime) -> None:
    """Events of many aggregates, each with its version, in one statement; same rule about the locks.

    The source of an event is the connection's application name: the service.
    """
    if not events:
        return
    published.set(True)
    context = {
        "correlationid": telemetry.correlation_id.get(),
        "causationid": telemetry.causation_id.get(),
        "traceparent": telemetry.traceparent.get(),
    }
    topics, partitions, aggregates, versions, ids, types, headers, payloads = [], [], [], [], [], [], [], []
    for event, version in events:
        event_id = new_id()
        payload = event.model_dump_json().encode()
        about = headers_for(event, event_id=event_id, version=version, at=at, context=context)
        if len(payload) + sum(len(name) + len(value.encode()) for name, value in about.items()) > LARGEST:
            raise EventTooLarge
        topics.append(event.topic.name)
        partitions.append(partition_of(event.key(), event.topic.partitions))
        aggregates.append(event.key())
        versions.append(version)
        ids.append(event_id)
        types.append(event.type)
        headers.append(about)
        payloads.append(payload)
    await tx.execute(
        """
        INSERT INTO outbox (topic, partition, aggregate, version, event_id, type, headers, payload)
        SELECT topic, partition, aggregate, version, event_id, type,
               headers || jsonb_build_object('ce_source', '/' || current_setting('application_name'),
                                             'ce_generation', (SELECT generation::text FROM generation)),
               payload
        FROM unnest($1::text[], $2::int[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::jsonb[], $8::bytea[])
            WITH ORDINALITY AS e(topic, partition, aggregate, version, event_id, type, headers, payload, n)
        ORDER BY n
        """,
        topics,
        partitions,
        aggregates,
        versions,
        ids,
        types,
        headers,
        payloads,
    )


async def void(tx: Tx, outbox_id: int) -> bool:
    """A person's decision: an unsent event is replaced by a void one of the same version, so that its aggregate goes on."""
    done = await tx.execute(
        """
        UPDATE outbox SET type = $2, payload = '{}', failures = 0, next_try_at = NULL,
            headers = headers || jsonb_build_object('ce_type', $2::text)
        WHERE id = $1 AND sent_at IS NULL
        """,
        outbox_id,
        VOID,
    )
    return bool(done == "UPDATE 1")


async def resend(tx: Tx, since: datetime) -> int:
    """Send again what was sent since then, after a broker lost it; consumers drop what they have. How many events."""
    done = await tx.execute("UPDATE outbox SET sent_at = NULL WHERE sent_at >= $1", since)
    return int(done.split()[-1])


def partition_of(key: str, partitions: int) -> int:
    """Kafka's default partitioner, computed at insert so that the relay can make one batch a partition."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)
