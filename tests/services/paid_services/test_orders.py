"""An order's life, its money and its books, over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from event_contracts.community_registry import ResidentRegistered
from event_contracts.paid_services import OrderPaid, OrderRefunded
from paid_services.store import draw_receipt_number

from .conftest import Counter


async def test_a_paid_order_appears_in_the_months_income_to_the_fen(counter: Counter) -> None:
    order = await counter.paid()
    assert (order["price"]["amount"], order["subsidy"]["amount"], order["to_pay"]["amount"]) == (
        6670,
        2001,
        4669,
    )
    income = await counter.income()
    assert income["income"]["amount"] == 6670
    assert income["provider"]["amount"] + income["community"]["amount"] == 6670
    assert income["provider"]["amount"] == 5670
    assert (income["cash"]["amount"], income["subsidy"]["amount"]) == (4669, 2001)
    assert income["balance"]["amount"] == 0
    [line] = income["lines"]
    assert (line["service"], line["provider_id"], line["orders"]) == ("bath_help", counter.provider_id, 1)
    [paid] = await counter.service.published(OrderPaid)
    assert paid.data.paid.amount == 4669
    receipt = await counter.service.get(f"/finance/receipts/{paid.data.receipt_number}", by=counter.finance)
    assert receipt.json()["amount"]["amount"] == 4669


async def test_two_cashiers_pay_one_order_and_there_is_one_receipt(counter: Counter) -> None:
    order = await counter.confirmed()
    path = f"/orders/{order['id']}/pay"
    body = {"method": "cash", "amount": order["to_pay"]}
    answers = await asyncio.gather(
        *(counter.service.post(path, json=body, by=by) for by in [counter.worker, counter.finance] * 5)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert (await counter.income())["cash"]["amount"] == order["to_pay"]["amount"]


async def test_another_amount_than_what_is_due_is_refused_by_name(counter: Counter) -> None:
    order = await counter.confirmed()
    body = {"method": "cash", "amount": {"amount": order["to_pay"]["amount"] - 1}}
    answer = await counter.service.post(f"/orders/{order['id']}/pay", json=body, by=counter.worker)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "amount"


async def test_receipt_numbers_have_no_gap_when_payments_are_rolled_back(counter: Counter) -> None:
    orders = [await counter.confirmed(1) for _ in range(12)]

    async def pay(place: int) -> str | None:
        order = orders[place]
        if place % 3 == 0:
            async with counter.service.tx() as tx:
                await draw_receipt_number(tx, f"R{datetime.now(UTC):%Y}")
                await tx.execute("SELECT 1 / (SELECT 0)")
        body = {"method": "cash", "amount": order["to_pay"]}
        answer = await counter.service.post(f"/orders/{order['id']}/pay", json=body, by=counter.worker)
        return str(answer.json()["receipt_number"])

    numbers = await asyncio.gather(*(pay(place) for place in range(12)), return_exceptions=True)
    given = sorted(int(number.split("-")[1]) for number in numbers if isinstance(number, str))
    assert given == list(range(1, 9))
    assert sum(isinstance(number, asyncpg.DivisionByZeroError) for number in numbers) == 4


async def test_refunds_never_exceed_what_was_paid(counter: Counter) -> None:
    order = await counter.paid()
    path = f"/orders/{order['id']}/refund"
    part = {"amount": {"amount": 2000}}
    answers = await asyncio.gather(
        *(counter.service.post(path, json=part, by=counter.finance) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 409, 409, 409]
    rest = await counter.service.post(path, json={"amount": {"amount": 669}}, by=counter.finance)
    assert rest.json()["state"] == "refunded"
    income = await counter.income()
    for figure in ("income", "provider", "community", "cash", "subsidy", "balance"):
        assert income[figure]["amount"] == 0, figure
    assert sum(event.data.refunded.amount for event in await counter.service.published(OrderRefunded)) == 4669


async def test_a_late_cancellation_costs_its_named_share(counter: Counter) -> None:
    quote = await counter.call(
        "/quotes", counter.resident, 201, service="bath_help", quantity=2,
        starts_at=(datetime.now(UTC) + timedelta(hours=30)).isoformat(),
    )  # fmt: skip
    await counter.call("/orders", counter.resident, 201, quote_id=quote["id"])
    await counter.service.advance(timedelta(hours=7))
    cancelled = await counter.call(f"/orders/{quote['id']}/cancel", counter.resident)
    assert cancelled["fee"]["amount"] == 934
    income = await counter.income()
    assert (
        income["fees_receivable"]["amount"],
        income["community"]["amount"],
        income["balance"]["amount"],
    ) == (934, 934, 0)


async def test_a_quote_is_good_for_a_day(counter: Counter) -> None:
    quote = await counter.call(
        "/quotes", counter.resident, 201, service="bath_help", quantity=1,
        starts_at=(datetime.now(UTC) + timedelta(days=9)).isoformat(),
    )  # fmt: skip
    await counter.service.advance(timedelta(days=1))
    answer = await counter.service.post("/orders", json={"quote_id": quote["id"]}, by=counter.resident)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/quote-expired"


async def test_a_refund_after_the_months_close_is_dated_in_an_open_month(counter: Counter) -> None:
    order = await counter.paid()
    await counter.service.advance(timedelta(days=32))
    before = await counter.income()
    path = f"/finance/periods/{counter.month}/close"
    assert (await counter.service.post(path, by=counter.lead)).status_code == 200
    assert (await counter.service.post(path, by=counter.lead)).status_code == 409
    await counter.call(f"/orders/{order['id']}/refund", counter.finance, amount={"amount": 4669})
    after = await counter.income()
    assert after | {"closed": False} == before
    assert after["closed"]


async def test_a_month_that_is_not_over_is_not_closed(counter: Counter) -> None:
    answer = await counter.service.post(f"/finance/periods/{counter.month}/close", by=counter.lead)
    assert answer.status_code == 409


async def test_the_lead_of_one_community_closes_nobodys_month(counter: Counter) -> None:
    await counter.service.advance(timedelta(days=32))
    path = f"/finance/periods/{counter.month}/close"
    of_a_community = counter.service.caller(posts=[("finance_lead", counter.unit, "01/01/001")])
    assert (await counter.service.post(path, by=of_a_community)).status_code == 403
    assert not (await counter.income())["closed"]
    assert (await counter.service.post(path, by=counter.lead)).status_code == 200


async def test_others_orders_and_books_are_not_seen(counter: Counter) -> None:
    order = await counter.paid()
    stranger = counter.service.caller("resident")
    elsewhere = counter.service.caller(posts=[("finance", counter.unit, "02")])
    assert (await counter.service.get(f"/orders/{order['id']}", by=stranger)).status_code == 404
    assert (await counter.service.get(f"/orders/{order['id']}", by=elsewhere)).status_code == 404
    assert (
        await counter.service.get(f"/finance/income?month={counter.month}", by=stranger)
    ).status_code == 403
    theirs = await counter.service.get(f"/finance/income?month={counter.month}", by=elsewhere)
    assert theirs.json()["lines"] == []
    assert (
        await counter.service.get(f"/finance/receipts/{order['receipt_number']}", by=elsewhere)
    ).status_code == 404


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1",
        "DELETE FROM ledger_entry",
        "DELETE FROM ledger_transaction",
        "INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, currency)"
        " SELECT transaction_id, account_id, 1, 'CNY' FROM ledger_entry LIMIT 1",
        "UPDATE service_order SET refunded_minor = paid_minor + 1",
        "INSERT INTO receipt SELECT 'R-x', order_id, amount_minor, currency, method, collected_by, issued_on FROM receipt",
    ],
)
async def test_the_database_itself_refuses_to_spoil_the_books(counter: Counter, statement: str) -> None:
    await counter.paid()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with counter.service.tx() as tx:
            await tx.execute(statement)


async def test_the_database_refuses_entries_into_a_closed_month(counter: Counter) -> None:
    await counter.paid()
    await counter.service.advance(timedelta(days=32))
    assert (
        await counter.service.post(f"/finance/periods/{counter.month}/close", by=counter.lead)
    ).status_code == 200
    for statement in (
        "INSERT INTO ledger_transaction SELECT gen_random_uuid(), 'refund', order_id, posted_on, created_at"
        " FROM ledger_transaction",
        "INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, currency)"
        " SELECT transaction_id, account_id, sign, 'CNY' FROM ledger_entry, (VALUES (1), (-1)) v(sign)",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with counter.service.tx() as tx:
                await tx.execute(statement)


@pytest.mark.parametrize("month", ["0000-01", "9999-12", "2026-13", "2026-1", "x"])
async def test_a_month_that_cannot_be_one_is_refused(counter: Counter, month: str) -> None:
    assert (await counter.service.post(f"/finance/periods/{month}/close", by=counter.lead)).status_code == 422
    assert (
        await counter.service.get(f"/finance/income?month={month}", by=counter.finance)
    ).status_code == 422


async def test_a_value_that_the_database_cannot_hold_is_the_callers(counter: Counter) -> None:
    answer = await counter.service.get("/finance/receipts/R%00x", by=counter.finance)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_resident_does_not_record_their_own_payment(counter: Counter) -> None:
    order = await counter.confirmed()
    body = {"method": "cash", "amount": order["to_pay"]}
    answer = await counter.service.post(f"/orders/{order['id']}/pay", json=body, by=counter.resident)
    assert answer.status_code == 403
    assert (await counter.income())["cash"]["amount"] == 0


async def test_nobody_is_their_own_provider(counter: Counter) -> None:
    quote = await counter.call(
        "/quotes", counter.provider, 201, service="bath_help", quantity=1,
        starts_at=(datetime.now(UTC) + timedelta(days=3)).isoformat(),
    )  # fmt: skip
    await counter.call("/orders", counter.provider, 201, quote_id=quote["id"])
    body = {"provider_id": counter.provider_id}
    answer = await counter.service.post(f"/orders/{quote['id']}/assign", json=body, by=counter.worker)
    assert answer.status_code == 409


async def test_what_is_subsidised_whole_is_paid_with_nothing_and_earns_the_provider(counter: Counter) -> None:
    free = {
        "code": "free_visit", "name_zh": "免费探访", "name_en": "Free visit", "price": {"amount": 5000}, "per": "visit",
        "subsidy_percent": 100, "provider_weight": 9, "community_weight": 1,
    }  # fmt: skip
    await counter.call("/services", counter.service.caller("operator"), 201, **free)
    other = uuid4()
    resident = ResidentRegistered(resident_id=other, household_id=uuid4(), unit_id=counter.unit)
    await counter.service.deliver("registry_replica", resident)
    as_other = counter.service.caller("resident", "provider", subject=other)
    provider = await counter.call("/providers", as_other, 201, services=["free_visit"])
    quote = await counter.call(
        "/quotes", counter.resident, 201, service="free_visit", quantity=1,
        starts_at=(datetime.now(UTC) + timedelta(days=3)).isoformat(),
    )  # fmt: skip
    order = f"/orders/{quote['id']}"
    await counter.call("/orders", counter.resident, 201, quote_id=quote["id"])
    await counter.call(f"{order}/assign", counter.worker, provider_id=provider["id"])
    for verb in ("start", "complete"):
        await counter.call(f"{order}/{verb}", as_other)
    await counter.call(f"{order}/confirm", counter.resident)
    paid = await counter.call(f"{order}/pay", counter.worker, method="cash", amount={"amount": 0})
    assert paid["state"] == "paid"
    income = await counter.income()
    assert (income["provider"]["amount"], income["subsidy"]["amount"], income["balance"]["amount"]) == (
        4500,
        5000,
        0,
    )
    assert (await counter.service.post(f"{order}/dispute", by=counter.resident)).status_code == 409


@pytest.mark.parametrize("amount", [1.0, "5", True, 1.5, -1, 10**18])
async def test_money_is_whole_minor_units_and_nothing_that_looks_like_it(
    counter: Counter, amount: object
) -> None:
    order = await counter.confirmed()
    body = {"method": "cash", "amount": {"amount": amount}}
    answer = await counter.service.post(f"/orders/{order['id']}/pay", json=body, by=counter.worker)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "amount.amount"
