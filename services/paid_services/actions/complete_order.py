"""The provider has finished."""

from uuid import UUID

from event_contracts.paid_services import OrderCompleted
from paid_services.actions.record import record
from paid_services.actions.take import take
from paid_services.policy import POLICY
from paid_services.rules import order as rules
from paid_services.rules.order import Order
from platform_kit.auth import Caller
from platform_kit.db import Tx


async def complete_order(tx: Tx, order_id: UUID, *, by: Caller) -> Order:
    order, at = await take(tx, order_id, by, POLICY["complete_order"])
    return await record(tx, rules.complete(order), OrderCompleted, at, person_id=by.subject)
