"""The resident is content with what was done."""

from uuid import UUID

from event_contracts.paid_services import OrderConfirmed
from paid_services.actions.record import record
from paid_services.actions.take import take
from paid_services.policy import POLICY
from paid_services.rules import order as rules
from paid_services.rules.order import Order
from platform_kit.auth import Caller
from platform_kit.db import Tx


async def confirm_order(tx: Tx, order_id: UUID, *, by: Caller) -> Order:
    order, at = await take(tx, order_id, by, POLICY["confirm_order"])
    return await record(tx, rules.confirm(order), OrderConfirmed, at)
