"""Volunteers with the code's own checks left out: what the database alone shows, as the service's role."""

from typing import Any
from uuid import uuid4

import pytest

from barrier import UNSET, all_of, may_add, reached
from platform_kit.acting import NOBODY, Acting, acting_for

from .conftest import Neighbourhood

TABLES = ("volunteer", "task", "offer", "unit", "resident", "household", "consent")


@pytest.fixture
async def asked(here: Neighbourhood) -> dict[str, Acting]:
    """One task, offered to three, accepted by the first; a fourth volunteer has another skill."""
    holder, second, third = [await here.volunteer() for _ in range(3)]
    other = await here.volunteer("repair")
    await here.needs_help()
    [offer] = await here.offers(holder)
    accepted = await here.service.post(f"/offers/{offer['id']}/accept", json={}, by=holder)
    assert accepted.status_code == 200, accepted.text
    assert third is not second
    callers: dict[str, Any] = {
        "resident": here.resident,
        "holder": holder,
        "asked too": second,
        "other volunteer": other,
        "stranger": here.service.caller("resident"),
        "worker": here.service.caller(posts=[("worker", here.unit, "01/02/003")]),
        "worker elsewhere": here.service.caller(posts=[("worker", uuid4(), "01/02/004")]),
        "auditor": here.service.caller(posts=[("auditor", uuid4(), "01")]),
        "operator": here.service.caller("operator"),
    }
    return {name: acting_for(caller) for name, caller in callers.items()}


SEES = {
    # Whom one may see: oneself, and who holds the task by which one is helped.
    "resident": {"task": 1, "volunteer": 1, "resident": 1},
    "holder": {"task": 1, "offer": 1, "volunteer": 1, "resident": 1},
    "asked too": {"task": 1, "offer": 1, "volunteer": 1, "resident": 1},
    "other volunteer": {"volunteer": 1, "resident": 1},
    "stranger": {},
    "worker": {"task": 1, "volunteer": 4, "resident": 5},
    "worker elsewhere": {},
    "auditor": {},
    "operator": {},
}


@pytest.mark.parametrize("who", SEES)
async def test_a_row_is_shown_to_whom_it_concerns(
    here: Neighbourhood, asked: dict[str, Acting], who: str
) -> None:
    assert await all_of(here.service, TABLES, asked[who]) == {"unit": 1} | SEES[who]


@pytest.mark.usefixtures("asked")
async def test_nobody_sees_the_units_and_unset_sees_nothing(here: Neighbourhood) -> None:
    assert await all_of(here.service, TABLES, NOBODY) == {"unit": 1}
    assert await all_of(here.service, TABLES, UNSET) == {}


@pytest.mark.parametrize(
    ("who", "tasks", "offers", "registrations"),
    [
        ("resident", 1, 0, 0),
        ("holder", 1, 1, 1),
        ("asked too", 1, 1, 1),
        ("other volunteer", 0, 0, 1),
        ("stranger", 0, 0, 0),
        ("worker", 1, 0, 0),
        ("worker elsewhere", 0, 0, 0),
        ("operator", 0, 0, 0),
    ],
)
async def test_a_row_is_changed_by_whom_it_concerns(
    here: Neighbourhood, asked: dict[str, Acting], who: str, tasks: int, offers: int, registrations: int
) -> None:
    for table, count in (("task", tasks), ("offer", offers), ("volunteer", registrations)):
        assert await reached(here.service, table, asked[who]) == count
        if table != "volunteer":
            assert not await may_add(here.service, table, asked[who])
