"""Relief with the code's own checks left out: what the database alone shows, as the service's role."""

from datetime import timedelta
from typing import Any

import pytest

from barrier import UNSET, all_of, may_add, reached
from platform_kit.acting import NOBODY, Acting, acting_for

from .conftest import Relief

MONEY = ("payment_run", "payment", "bank_file")
CASES = ("application", "review", "evidence", "objection")
TABLES = ("programme", *CASES, *MONEY, "unit", "resident", "household", "consent")
OPEN = {"programme": 1, "unit": 5}


@pytest.fixture
async def people(relief: Relief) -> dict[str, Acting]:
    """One application that was granted and paid out, with evidence; a daughter who was let act for its resident."""
    programme = await relief.programme()
    [mother, daughter, stranger] = await relief.settle_in(3)
    await relief.consent(mother, daughter)
    application = relief.ok(await relief.file(programme, mother), 201)["id"]
    added = await relief.service.post(
        f"/applications/{application}/evidence", json={"note": "病历"}, by=relief.resident(mother)
    )
    relief.ok(added, 201)
    for level, who in (("verify", "worker"), ("review", "street"), ("approve", "district")):
        [row] = await relief.decide(level, [application], who)
        assert row["ok"], row
        if level == "verify":
            await relief.service.advance(timedelta(days=7))
    await relief.sent(programme)
    callers: dict[str, Any] = {
        "mother": relief.resident(mother),
        "daughter": relief.resident(daughter),
        "stranger": relief.resident(stranger),
        **{
            name: relief.who(name)
            for name in (
                "worker",
                "street",
                "district",
                "other_worker",
                "finance1",
                "finance_lead",
                "auditor",
            )
        },
        "volunteer": relief.service.caller("volunteer"),
        "operator": relief.service.caller("operator"),
    }
    return {name: acting_for(each) for name, each in callers.items()}


CASE = {"application": 1, "review": 3, "evidence": 1}
PAID = {"payment_run": 1, "payment": 1, "bank_file": 1}
SEES = {
    # A payment is among all that is held about her.
    "mother": CASE | {"payment": 1, "resident": 1, "household": 1, "consent": 1},
    "daughter": CASE | {"resident": 2, "household": 2, "consent": 1},
    "stranger": {"resident": 1, "household": 1},
    "worker": CASE | {"resident": 3, "household": 3},
    "street": CASE | {"resident": 3, "household": 3},
    "district": CASE | {"resident": 3, "household": 3},
    "other_worker": {},
    "finance1": {"application": 1} | PAID,
    "finance_lead": {"application": 1} | PAID,
    "auditor": {"application": 1, "review": 3} | PAID,
    "volunteer": {},
    "operator": {},
}


@pytest.mark.parametrize("who", SEES)
async def test_a_row_is_shown_to_whom_it_concerns(
    relief: Relief, people: dict[str, Acting], who: str
) -> None:
    assert await all_of(relief.service, TABLES, people[who]) == OPEN | SEES[who]


@pytest.mark.usefixtures("people")
async def test_nobody_sees_what_is_public_and_unset_sees_nothing(relief: Relief) -> None:
    assert await all_of(relief.service, TABLES, NOBODY) == OPEN
    assert await all_of(relief.service, TABLES, UNSET) == {}


async def test_what_is_on_notice_is_public_and_what_belongs_to_it_is_not(relief: Relief) -> None:
    programme = await relief.programme()
    [resident] = await relief.settle_in(1)
    application = relief.ok(await relief.file(programme, resident), 201)["id"]
    assert await all_of(relief.service, CASES, NOBODY) == {}
    relief.ok(await relief.act(f"/applications/{application}/verify", "worker"))
    stranger = acting_for(relief.service.caller("resident"))
    for acting in (NOBODY, stranger):
        assert await all_of(relief.service, CASES, acting) == {"application": 1}
        assert await reached(relief.service, "application", acting) == 0
    await relief.service.advance(timedelta(days=7, seconds=1))
    assert await all_of(relief.service, CASES, stranger) == {}


@pytest.mark.parametrize("who", ["stranger", "other_worker", "volunteer", "operator", "auditor"])
async def test_cases_and_money_are_written_by_nobody_else(
    relief: Relief, people: dict[str, Acting], who: str
) -> None:
    for table in ("application", "review", "evidence", "payment_run", "payment", "bank_file", "programme"):
        assert await reached(relief.service, table, people[who]) == 0
        assert not await may_add(relief.service, table, people[who])


async def test_a_resident_touches_no_review_and_no_money(relief: Relief, people: dict[str, Acting]) -> None:
    for who in ("mother", "daughter", "worker"):
        for table in ("payment_run", "payment", "bank_file", "programme"):
            assert await reached(relief.service, table, people[who]) == 0
            assert not await may_add(relief.service, table, people[who])
    for who in ("mother", "daughter", "finance1"):
        assert await reached(relief.service, "review", people[who]) == 0
        assert not await may_add(relief.service, "review", people[who])
    assert await may_add(relief.service, "application", people["daughter"])
    assert not await may_add(relief.service, "application", people["finance1"])
