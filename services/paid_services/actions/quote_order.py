"""A resident asks what it would cost; the price stands for a day."""

from datetime import datetime
from uuid import UUID

from event_contracts.paid_services import OrderQuoted
from paid_services import store
from paid_services.policy import POLICY
from paid_services.problems import ServiceUnknown
from paid_services.rules.order import QUOTE_LIFETIME, Order, State
from paid_services.rules.pricing import price_of
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.money import Money
from platform_kit.outbox import publish
from platform_kit.problems import InvalidInput, NotFound, Text
from registry_replica.permitted import permitted
from registry_replica.store import resident

_PAST = Text("It must start in the future.", "开始时间必须晚于现在。")


async def quote_order(
    tx: Tx, *, service: str, quantity: int, starts_at: datetime, resident_id: UUID, by: Caller
) -> Order:
    whose = await resident(tx, resident_id)
    at = await now(tx)
    if whose is None or not await permitted(
        tx, by, POLICY["quote_order"], owner=whose.id, unit=whose.unit_id, at=at
    ):
        raise NotFound(what="resident", field="resident_id")
    offered = await store.service(tx, service)
    if offered is None:
        raise ServiceUnknown(field="service", code=service)
    if starts_at <= at:
        raise InvalidInput(field="starts_at", reason=_PAST)
    price, nothing = price_of(offered, quantity), Money(0, offered.price.currency)
    order = Order(
        id=new_id(), order_number=await store.next_order_number(tx), resident_id=resident_id, unit_id=whose.unit_id,
        service=service, quantity=quantity, starts_at=starts_at, valid_until=min(at + QUOTE_LIFETIME, starts_at),
        price=price.price, subsidy=price.subsidy, to_pay=price.to_pay, provider_weight=offered.provider_weight,
        community_weight=offered.community_weight, state=State.QUOTED, provider_id=None, paid=nothing,
        refunded=nothing, subsidy_reversed=nothing, fee=nothing, version=1,
    )  # fmt: skip
    await store.insert_order(tx, order, at)
    quoted = OrderQuoted(
        order_id=order.id, resident_id=resident_id, unit_id=order.unit_id, service=service,
        order_number=order.order_number, price=order.price, subsidy=order.subsidy,
    )  # fmt: skip
    await publish(tx, quoted, version=1, at=at)
    return order
