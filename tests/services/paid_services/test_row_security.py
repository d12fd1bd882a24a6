"""Paid services with the code's own checks left out: what the database alone shows, as the service's role."""

from typing import Any
from uuid import uuid4

import pytest

from barrier import UNSET, all_of, may_add, reached
from platform_kit.acting import NOBODY, Acting, acting_for

from .conftest import Counter

BOOKS = ("receipt", "ledger_transaction", "ledger_entry", "ledger_account", "receipt_series")
TABLES = (
    "service",
    "provider",
    "service_order",
    "period",
    *BOOKS,
    "unit",
    "resident",
    "household",
    "consent",
)
OPEN = {"service": 1, "period": 1, "unit": 1}
# One order that was paid: to the provider and the community, from cash and the subsidy.
PAID = {"ledger_transaction": 1, "ledger_entry": 4, "ledger_account": 4}


@pytest.fixture
async def people(counter: Counter) -> dict[str, Acting]:
    await counter.paid()
    there = uuid4()
    caller = counter.service.caller
    callers: dict[str, Any] = {
        "resident": counter.resident,
        "provider": counter.provider,
        "worker": counter.worker,
        "finance": counter.finance,
        "lead": counter.lead,
        "lead of a community": caller(posts=[("finance_lead", there, "01/01/001")]),
        "auditor": caller(posts=[("auditor", counter.unit, "01")]),
        "street": caller(posts=[("street", counter.unit, "01")]),
        "stranger": caller("resident"),
        "other provider": caller("resident", "provider"),
        "worker elsewhere": caller(posts=[("worker", there, "02")]),
        "finance elsewhere": caller(posts=[("finance", there, "02")]),
        "operator": caller("operator"),
    }
    return {name: acting_for(each) for name, each in callers.items()}


KEEPS = {"service_order": 1, "receipt": 1, "receipt_series": 1} | PAID
SEES = {
    "resident": {"service_order": 1, "receipt": 1, "resident": 1},
    "provider": {"service_order": 1, "receipt": 1, "provider": 1, "resident": 1},
    "worker": KEEPS | {"provider": 1, "resident": 2},
    "finance": KEEPS,
    "lead": KEEPS,
    "lead of a community": {"receipt_series": 1},
    "auditor": {"service_order": 1, "receipt": 1} | PAID,
    "street": {"service_order": 1, "receipt": 1, "resident": 2},
    "stranger": {},
    "other provider": {},
    "worker elsewhere": {"receipt_series": 1},
    "finance elsewhere": {"receipt_series": 1},
    "operator": {},
}


@pytest.mark.parametrize("who", SEES)
async def test_a_row_is_shown_to_whom_it_concerns(
    counter: Counter, people: dict[str, Acting], who: str
) -> None:
    assert await all_of(counter.service, TABLES, people[who]) == OPEN | SEES[who]


@pytest.mark.usefixtures("people")
async def test_nobody_sees_what_is_public_and_unset_sees_nothing(counter: Counter) -> None:
    assert await all_of(counter.service, TABLES, NOBODY) == OPEN
    assert await all_of(counter.service, TABLES, UNSET) == {}


@pytest.mark.parametrize(
    "who", ["auditor", "stranger", "other provider", "worker elsewhere", "finance elsewhere", "operator"]
)
async def test_an_order_and_its_books_are_written_by_nobody_else(
    counter: Counter, people: dict[str, Acting], who: str
) -> None:
    for table in ("service_order", "receipt", "ledger_transaction", "ledger_entry", "ledger_account"):
        assert await reached(counter.service, table, people[who]) == 0
        assert not await may_add(counter.service, table, people[who])


async def test_the_books_are_written_by_those_who_keep_them(
    counter: Counter, people: dict[str, Acting]
) -> None:
    for table in ("ledger_transaction", "ledger_entry", "ledger_account"):
        assert await may_add(counter.service, table, people["worker"])
        for who in ("resident", "provider", "auditor", "street"):
            assert not await may_add(counter.service, table, people[who])


async def test_a_month_is_closed_by_the_lead_alone(counter: Counter, people: dict[str, Acting]) -> None:
    close = (
        "UPDATE period SET closed_at = created_at FROM (SELECT '2026-01-01Z'::timestamptz AS created_at) x"
    )
    for who in ("resident", "worker", "finance", "lead of a community", "auditor", "street", "operator"):
        async with counter.service.tx(people[who]) as tx:
            assert await tx.execute(close) == "UPDATE 0"
    async with counter.service.tx(people["lead"]) as tx:
        assert await tx.execute(close) == "UPDATE 1"
