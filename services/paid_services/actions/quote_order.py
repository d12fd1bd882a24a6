"""A resident asks what it would cost; the price stands for a day."""

from datetime import datetime
from uuid import UUID

from paid_services import store
from paid_services.actions.make_quote import make_quote
from paid_services.policy import POLICY
from paid_services.problems import ServiceUnknown
from paid_services.rules.order import Order
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
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
    return await make_quote(
        tx,
        offered,
        quantity=quantity,
        starts_at=starts_at,
        resident_id=resident_id,
        unit_id=whose.unit_id,
        at=at,
    )
