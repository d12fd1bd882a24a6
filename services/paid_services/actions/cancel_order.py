"""It is called off before it starts; late, for a fee."""

from uuid import UUID

from event_contracts.paid_services import OrderCancelled
from paid_services import store
from paid_services.actions.record import record
from paid_services.actions.take import open_day, take
from paid_services.policy import POLICY
from paid_services.rules import ledger
from paid_services.rules import order as rules
from paid_services.rules.order import Order
from platform_kit.auth import Caller
from platform_kit.db import Tx, as_system


async def cancel_order(tx: Tx, order_id: UUID, *, by: Caller) -> Order:
    order, at = await take(tx, order_id, by, POLICY["cancel_order"])
    cancelled = rules.cancel(order, at)
    if cancelled.fee.amount:
        day = await open_day(tx, order.unit_id, at)
        entries = ledger.fee(unit_id=order.unit_id, amount=cancelled.fee)
        async with as_system(tx):
            # The books are the platform's: whoever cancels does not write in them.
            await store.post(tx, kind="fee", order_id=order.id, posted_on=day, entries=entries, at=at)
    return await record(tx, cancelled, OrderCancelled, at, fee=cancelled.fee)
