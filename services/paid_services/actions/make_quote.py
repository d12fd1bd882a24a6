"""What a service would cost somebody, and until when that stands."""

from datetime import datetime
from uuid import UUID

from event_contracts.paid_services import OrderQuoted
from paid_services import store
from paid_services.rules.order import QUOTE_LIFETIME, Order, State
from paid_services.rules.pricing import Service, price_of
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.money import Money
from platform_kit.outbox import publish


async def make_quote(
    tx: Tx,
    offered: Service,
    *,
    quantity: int,
    starts_at: datetime,
    resident_id: UUID,
    unit_id: UUID,
    at: datetime,
    request: tuple[UUID, int] | None = None,
) -> Order:
    """`request`: the one for which it is made, and the version of its event that asks."""
    price, nothing = price_of(offered, quantity), Money(0, offered.price.currency)
    order = Order(
        id=new_id(), order_number=await store.next_order_number(tx), resident_id=resident_id, unit_id=unit_id,
        service=offered.code, quantity=quantity, starts_at=starts_at, valid_until=min(at + QUOTE_LIFETIME, starts_at),
        price=price.price, subsidy=price.subsidy, to_pay=price.to_pay, provider_weight=offered.provider_weight,
        community_weight=offered.community_weight, state=State.QUOTED, provider_id=None, paid=nothing,
        refunded=nothing, subsidy_reversed=nothing, fee=nothing, version=1,
        request_id=request[0] if request else None, request_version=request[1] if request else None,
    )  # fmt: skip
    await store.insert_order(tx, order, at)
    quoted = OrderQuoted(
        order_id=order.id, resident_id=resident_id, unit_id=order.unit_id, service=order.service,
        order_number=order.order_number, price=order.price, subsidy=order.subsidy, request_id=order.request_id,
        request_version=order.request_version,
    )  # fmt: skip
    await publish(tx, quoted, version=1, at=at)
    return order
