"""The life of an order: every transition that there is; any other is refused with the state it is in.

quoted → booked → assigned → in_service → completed → confirmed → paid; cancelled before it starts, free until a day
before; disputed after it was done, then confirmed again or refunded.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from paid_services.problems import AmountDiffers, MoreThanPaid, QuoteExpired
from paid_services.rules.pricing import cancellation_fee
from platform_kit.money import Money
from platform_kit.problems import WrongState

QUOTE_LIFETIME = timedelta(hours=24)
FREE_CANCELLATION = timedelta(hours=24)


class State(StrEnum):
    QUOTED = "quoted"
    BOOKED = "booked"
    ASSIGNED = "assigned"
    IN_SERVICE = "in_service"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    PAID = "paid"
    CANCELLED = "cancelled"
    DISPUTED = "disputed"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Order:
    """`paid`, `refunded` and `fee` are of the resident's money; `subsidy_reversed` follows the refunds. `request_id` is the request
    for which it was quoted, and `request_version` the event of it that asked for the quote."""

    id: UUID
    order_number: str
    resident_id: UUID
    unit_id: UUID
    service: str
    quantity: int
    starts_at: datetime
    valid_until: datetime
    price: Money
    subsidy: Money
    to_pay: Money
    provider_weight: int
    community_weight: int
    state: State
    provider_id: UUID | None
    paid: Money
    refunded: Money
    subsidy_reversed: Money
    fee: Money
    version: int
    request_id: UUID | None = None
    request_version: int | None = None


def quote_from(wanted: datetime, at: datetime) -> datetime:
    """When a service starts that nobody asked for at this moment: as wanted, but not before the resident has had time to decide."""
    return max(wanted, at + QUOTE_LIFETIME)


def book(order: Order, at: datetime) -> Order:
    _only(order, "booked", State.QUOTED)
    if at >= order.valid_until:
        raise QuoteExpired(until=order.valid_until.isoformat())
    return replace(order, state=State.BOOKED)


def assign(order: Order, provider_id: UUID) -> Order:
    _only(order, "assigned", State.BOOKED, State.ASSIGNED)
    return replace(order, state=State.ASSIGNED, provider_id=provider_id)


def start(order: Order) -> Order:
    _only(order, "started", State.ASSIGNED)
    return replace(order, state=State.IN_SERVICE)


def complete(order: Order) -> Order:
    _only(order, "completed", State.IN_SERVICE)
    return replace(order, state=State.COMPLETED)


def confirm(order: Order) -> Order:
    """The resident is content; a dispute about what was paid already ends where it began."""
    _only(order, "confirmed", State.COMPLETED, State.DISPUTED)
    return replace(order, state=State.PAID if order.paid.amount else State.CONFIRMED)


def dispute(order: Order) -> Order:
    _only(order, "disputed", State.COMPLETED, State.PAID)
    if order.state is State.PAID and not order.paid.amount:
        raise WrongState(state=order.state.value, wanted="disputed")
    return replace(order, state=State.DISPUTED)


def pay(order: Order, amount: Money) -> Order:
    _only(order, "paid", State.CONFIRMED)
    if amount != order.to_pay:
        raise AmountDiffers(field="amount", due=str(order.to_pay))
    return replace(order, state=State.PAID, paid=amount)


def refund(order: Order, amount: Money) -> Order:
    """All of it: refunded. A part: it stays paid."""
    _only(order, "refunded", State.PAID, State.DISPUTED)
    left = order.paid - order.refunded
    if amount.currency != left.currency or not 0 < amount.amount <= left.amount:
        raise MoreThanPaid(field="amount", left=str(left))
    refunded = order.refunded + amount
    return replace(order, refunded=refunded, state=State.REFUNDED if refunded == order.paid else State.PAID)


def cancel(order: Order, at: datetime) -> Order:
    """Free until a day before it starts; later a named share of what would have been due."""
    _only(order, "cancelled", State.QUOTED, State.BOOKED, State.ASSIGNED)
    late = order.state is not State.QUOTED and at > order.starts_at - FREE_CANCELLATION
    return replace(order, state=State.CANCELLED, fee=cancellation_fee(order.to_pay) if late else order.fee)


def _only(order: Order, wanted: str, *states: State) -> None:
    if order.state not in states:
        raise WrongState(state=order.state.value, wanted=wanted)
