"""Whoever took the money records it, once: receipt, ledger and order in one transaction."""

from uuid import UUID

from event_contracts.paid_services import OrderPaid
from paid_services import store
from paid_services.actions.record import record
from paid_services.actions.take import open_day, take
from paid_services.policy import POLICY
from paid_services.rules import ledger
from paid_services.rules import order as rules
from paid_services.rules.order import Order
from paid_services.store.ledger import Receipt
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.money import Money
from platform_kit.problems import NotFound


async def pay_order(
    tx: Tx, order_id: UUID, *, method: str, amount: Money, by: Caller
) -> tuple[Order, Receipt]:
    order, at = await take(tx, order_id, by, POLICY["pay_order"])
    paid = rules.pay(order, amount)
    if order.provider_id is None:
        raise NotFound(what="provider")
    day = await open_day(tx, order.unit_id, at)
    entries = ledger.payment(
        unit_id=order.unit_id,
        provider_id=order.provider_id,
        to_pay=order.to_pay,
        subsidy=order.subsidy,
        weights=(order.provider_weight, order.community_weight),
    )
    await store.post(tx, kind="payment", order_id=order.id, posted_on=day, entries=entries, at=at)
    number = await store.draw_receipt_number(tx, f"R{day:%Y}")
    receipt = Receipt(number, order.id, amount, method, by.subject, day)
    await store.insert_receipt(tx, receipt)
    done = await record(tx, paid, OrderPaid, at, paid=amount, receipt_number=number, paid_on=day)
    return done, receipt
