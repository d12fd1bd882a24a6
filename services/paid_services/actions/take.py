"""Taking an order in hand: its lock, and the right to do something with it. Who has none learns nothing: 404."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from paid_services import store
from paid_services.rules.ledger import posting_date
from paid_services.rules.order import Order
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.policy import ASSIGNED, Operation
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted
from registry_replica.store import unit


async def take(tx: Tx, order_id: UUID, by: Caller, operation: Operation) -> tuple[Order, datetime]:
    """For whom the policy lets do it; the order and the time, read under its lock."""
    order = await store.order_for_update(tx, order_id)
    at = await now(tx)
    holder = await store.holder(tx, order) if order and operation.roles(ASSIGNED) else None
    if order is None or not await permitted(
        tx, by, operation, owner=order.resident_id, holder=holder, unit=order.unit_id, at=at
    ):
        raise NotFound(what="order")
    return order, at


async def open_day(tx: Tx, unit_id: UUID, at: datetime) -> date:
    """The date in the unit's zone on which a posting of this moment goes into the books."""
    where = await unit(tx, unit_id)
    if where is None:
        raise NotFound(what="unit")
    return posting_date(at.astimezone(ZoneInfo(where.zone)).date(), await store.closed_months(tx))
