"""The envelope: CloudEvents 1.0, Kafka protocol binding, binary mode. Attributes are headers, the value is JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import ValidationError

from event_contracts.base import CATALOG, EventPayload

E = TypeVar("E", bound=EventPayload, covariant=True)


class Undecodable(Exception):
    """No event of ours: attributes are missing or the value is not the JSON of its type."""


class UnknownType(Exception):
    """A well-formed event of a type that this version of the code does not know."""


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """One event as a handler gets it. `version` counts the events of its aggregate, from 1, without a gap."""

    id: UUID
    type: str
    aggregate: str
    version: int
    at: datetime
    correlation_id: str
    data: E


@dataclass(frozen=True, slots=True)
class Attributes:
    """What can be read of an event without knowing its type: enough to order it and to set it aside."""

    id: UUID
    type: str
    aggregate: str
    version: int
    at: datetime
    correlation_id: str
    traceparent: str


LARGEST_VERSION = 2**63 - 1


def attributes(headers: Iterable[tuple[str, bytes]]) -> Attributes:
    """Raises Undecodable for whatever could not be kept either: bytes that are no UTF-8, NUL, a version out of range."""
    try:
        given = {name: value.decode() for name, value in headers}
        if any("\0" in name or "\0" in value for name, value in given.items()):
            raise ValueError("NUL")
        if not 1 <= int(given["ce_aggregateversion"]) <= LARGEST_VERSION:
            raise ValueError("ce_aggregateversion")
        return Attributes(
            id=UUID(given["ce_id"]),
            type=given["ce_type"],
            aggregate=given["ce_subject"],
            version=int(given["ce_aggregateversion"]),
            at=datetime.fromisoformat(given["ce_time"]),
            correlation_id=given.get("ce_correlationid", ""),
            traceparent=given.get("traceparent", ""),
        )
    except (AttributeError, KeyError, ValueError) as error:
        raise Undecodable(f"headers: {error!r}") from error


def decode(about: Attributes, value: bytes | None) -> Received[EventPayload]:
    contract = CATALOG.get(about.type)
    if contract is None:
        raise UnknownType(about.type)
    try:
        data = contract.model_validate_json(value or b"")
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in error.errors())
        raise Undecodable(f"{about.type}: {faults}") from error
    return Received(
        about.id, about.type, about.aggregate, about.version, about.at, about.correlation_id, data
    )


def headers_for(
    event: EventPayload,
    *,
    event_id: UUID,
    version: int,
    at: datetime,
    context: Mapping[str, str],
) -> dict[str, str]:
    """All but the source, which the database adds. `context`: correlationid, causationid, traceparent of the cause."""
    return {
        "ce_specversion": "1.0",
        "ce_id": str(event_id),
        "ce_type": event.type,
        "ce_subject": event.key(),
        "ce_time": at.isoformat(),
        "ce_aggregateversion": str(version),
        "content-type": "application/json",
    } | {name if name == "traceparent" else f"ce_{name}": value for name, value in context.items() if value}
