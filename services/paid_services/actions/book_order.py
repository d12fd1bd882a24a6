"""The quote is taken."""

from uuid import UUID

from event_contracts.paid_services import OrderBooked
from paid_services.actions.record import record
from paid_services.actions.take import take
from paid_services.policy import POLICY
from paid_services.rules import order as rules
from paid_services.rules.order import Order
from platform_kit.auth import Caller
from platform_kit.db import Tx


async def book_order(tx: Tx, quote_id: UUID, *, by: Caller) -> Order:
    order, at = await take(tx, quote_id, by, POLICY["book_order"])
    return await record(tx, rules.book(order, at), OrderBooked, at, starts_at=order.starts_at)
