"""Low-cost paid services: providers, orders and what they brought in. Money is Money."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from event_contracts.base import EventPayload, Topic
from platform_kit.money import Money

PROVIDERS = Topic("paid.providers", retention_days=3650)
ORDERS = Topic("paid.orders", retention_days=3650)
SERVICES = Topic("paid.services", partitions=3, retention_days=3650)


class ServiceOffered(EventPayload):
    """It stands in the catalogue from now on: whoever routes requests can name it."""

    type: ClassVar[str] = "paid.service.offered.v1"
    topic: ClassVar[Topic] = SERVICES
    aggregate: ClassVar[str] = "service"

    service: str


class ProviderRegistered(EventPayload):
    """`person_id` is the resident behind the provider: the subject that they sign in as."""

    type: ClassVar[str] = "paid.provider.registered.v1"
    topic: ClassVar[Topic] = PROVIDERS
    aggregate: ClassVar[str] = "provider_id"

    provider_id: UUID
    person_id: UUID
    unit_id: UUID
    services: tuple[str, ...]


class _OrderEvent(EventPayload):
    """`request_id`: the resident's request for which it was quoted, if for one; `request_version`: the event of it that asked."""

    topic: ClassVar[Topic] = ORDERS
    aggregate: ClassVar[str] = "order_id"

    order_id: UUID
    resident_id: UUID
    unit_id: UUID
    service: str
    request_id: UUID | None = None
    request_version: int | None = None


class OrderQuoted(_OrderEvent):
    type: ClassVar[str] = "paid.order.quoted.v1"

    order_number: str
    price: Money
    subsidy: Money


class OrderBooked(_OrderEvent):
    type: ClassVar[str] = "paid.order.booked.v1"

    starts_at: datetime


class OrderAssigned(_OrderEvent):
    """`starts_at` is not said by events from before it was asked."""

    type: ClassVar[str] = "paid.order.assigned.v1"

    provider_id: UUID
    person_id: UUID
    starts_at: datetime | None = None


class OrderStarted(_OrderEvent):
    type: ClassVar[str] = "paid.order.started.v1"


class OrderCompleted(_OrderEvent):
    """`person_id`: who did it."""

    type: ClassVar[str] = "paid.order.completed.v1"

    person_id: UUID | None = None


class OrderConfirmed(_OrderEvent):
    type: ClassVar[str] = "paid.order.confirmed.v1"


class OrderDisputed(_OrderEvent):
    type: ClassVar[str] = "paid.order.disputed.v1"


class OrderPaid(_OrderEvent):
    """`paid` is what the resident paid; the receipt's number is unbroken within its series."""

    type: ClassVar[str] = "paid.order.paid.v1"

    paid: Money
    receipt_number: str
    paid_on: date


class OrderCancelled(_OrderEvent):
    type: ClassVar[str] = "paid.order.cancelled.v1"

    fee: Money


class OrderRefunded(_OrderEvent):
    type: ClassVar[str] = "paid.order.refunded.v1"

    refunded: Money
