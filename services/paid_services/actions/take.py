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
from platform_kit.problems import NotFound
from registry_replica.store import delegate_of, unit, within


async def may_see(tx: Tx, order: Order, by: Caller, at: datetime) -> bool:
    """The resident and whom they let, the assigned provider, and the staff whose units hold it."""
    provider = await store.provider_of(tx, by.subject) if order.provider_id else None
    return (
        await _theirs(tx, order, by, at)
        or (provider is not None and provider.id == order.provider_id)
        or await within(tx, by, order.unit_id, *store.STAFF)
    )


async def take_for(tx: Tx, order_id: UUID, by: Caller, *roles: str) -> tuple[Order, datetime]:
    """For the resident, whom they let, and staff with one of these posts over its unit."""
    order = await store.order_for_update(tx, order_id)
    at = await now(tx)
    if order is None or not (await _theirs(tx, order, by, at) or await within(tx, by, order.unit_id, *roles)):
        raise NotFound(what="order")
    return order, at


async def take_in_scope(tx: Tx, order_id: UUID, by: Caller, *roles: str) -> tuple[Order, datetime]:
    """For staff with one of these posts over its unit."""
    order = await store.order_for_update(tx, order_id)
    if order is None or not await within(tx, by, order.unit_id, *roles):
        raise NotFound(what="order")
    return order, await now(tx)


async def take_assigned(tx: Tx, order_id: UUID, by: Caller) -> tuple[Order, datetime]:
    """For the provider who does it."""
    order = await store.order_for_update(tx, order_id)
    provider = await store.provider_of(tx, by.subject)
    if order is None or provider is None or order.provider_id != provider.id:
        raise NotFound(what="order")
    return order, await now(tx)


async def open_day(tx: Tx, unit_id: UUID, at: datetime) -> date:
    """The date in the unit's zone on which a posting of this moment goes into the books."""
    where = await unit(tx, unit_id)
    if where is None:
        raise NotFound(what="unit")
    return posting_date(at.astimezone(ZoneInfo(where.zone)).date(), await store.closed_months(tx))


async def _theirs(tx: Tx, order: Order, by: Caller, at: datetime) -> bool:
    return by.subject == order.resident_id or await delegate_of(tx, order.resident_id, by.subject, at)
