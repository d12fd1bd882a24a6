"""Finance gives back what was paid, or a part of it: a reversing posting dated in an open month."""

from dataclasses import replace
from uuid import UUID

from event_contracts.paid_services import OrderRefunded
from paid_services import store
from paid_services.actions.record import record
from paid_services.actions.take import open_day, take
from paid_services.policy import POLICY
from paid_services.rules import ledger
from paid_services.rules import order as rules
from paid_services.rules.order import Order
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.money import Money
from platform_kit.problems import NotFound


async def refund_order(tx: Tx, order_id: UUID, *, amount: Money, by: Caller) -> Order:
    order, at = await take(tx, order_id, by, POLICY["refund_order"])
    refunded = rules.refund(order, amount)
    if order.provider_id is None:
        raise NotFound(what="provider")
    subsidy = ledger.subsidy_to_reverse(
        to_pay=order.to_pay,
        subsidy=order.subsidy,
        refunded=refunded.refunded,
        reversed_before=order.subsidy_reversed,
    )
    entries = ledger.refund(
        unit_id=order.unit_id,
        provider_id=order.provider_id,
        amount=amount,
        subsidy=subsidy,
        before=order.refunded + order.subsidy_reversed,
        weights=(order.provider_weight, order.community_weight),
    )
    day = await open_day(tx, order.unit_id, at)
    await store.post(tx, kind="refund", order_id=order.id, posted_on=day, entries=entries, at=at)
    done = replace(refunded, subsidy_reversed=order.subsidy_reversed + subsidy)
    return await record(tx, done, OrderRefunded, at, refunded=amount)
