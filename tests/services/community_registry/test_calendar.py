"""When a unit is at work: who says it, for whom it holds, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest

from event_contracts.community_registry import WorkCalendarSet
from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest

MORNING = [{"opens": "08:30", "closes": "12:00"}]
WEEK = [MORNING] * 5 + [[], []]


async def _tree(registry: ServiceUnderTest) -> list[Any]:
    operator, units = registry.caller("operator"), []
    for code, kind in (("01", "district"), ("01/02", "street"), ("01/02/003", "community")):
        body = {"code": code, "kind": kind, "name": code, "parent_id": units[-1]["id"] if units else None}
        units.append((await registry.post("/units", json=body, by=operator)).json())
    return units


def _officer(registry: ServiceUnderTest, unit: Any, role: str = "district") -> Caller:
    return registry.caller(posts=[(role, unit["id"], unit["code"])])


async def _set(registry: ServiceUnderTest, unit: Any, by: Caller, **body: Any) -> Any:
    return await registry.put(f"/units/{unit['id']}/calendar", json={"hours": WEEK, **body}, by=by)


async def test_the_usual_hours_hold_until_somebody_says_others(registry: ServiceUnderTest) -> None:
    *_, community = await _tree(registry)
    found = (await registry.get(f"/units/{community['id']}/calendar", by=registry.caller("resident"))).json()
    assert found["set_for"] is None
    assert found["hours"][0] == [
        {"opens": "09:00:00", "closes": "12:00:00"}, {"opens": "14:00:00", "closes": "18:00:00"}
    ]  # fmt: skip
    assert found["hours"][5:] == [[], []]
    assert (found["country"], found["official_until"] >= 2026) == ("CN", True)


async def test_what_the_district_says_holds_below_it_until_a_unit_says_its_own(
    registry: ServiceUnderTest,
) -> None:
    district, street, community = await _tree(registry)
    officer = _officer(registry, district)
    answer = await _set(registry, district, officer, days=[{"on": "2026-12-31", "spans": []}])
    assert answer.status_code == 200, answer.text
    for unit in (district, street, community):
        found = (await registry.get(f"/units/{unit['id']}/calendar", by=officer)).json()
        assert (found["set_for"], found["hours"][0][0]["opens"]) == (district["id"], "08:30:00")
    await _set(registry, street, officer, country=None)
    for unit, of in ((district, district), (street, street), (community, street)):
        found = (await registry.get(f"/units/{unit['id']}/calendar", by=officer)).json()
        assert found["set_for"] == of["id"]
    said = await registry.published(WorkCalendarSet)
    assert [(str(e.data.unit_id), e.version) for e in said] == [(district["id"], 2), (street["id"], 2)]


async def test_saying_it_again_replaces_it(registry: ServiceUnderTest) -> None:
    district, *_ = await _tree(registry)
    operator = registry.caller("operator")
    await _set(registry, district, operator, days=[{"on": "2026-12-31", "spans": []}])
    await _set(registry, district, operator)
    found = (await registry.get(f"/units/{district['id']}/calendar", by=operator)).json()
    assert found["days"] == []
    assert [e.version for e in await registry.published(WorkCalendarSet)] == [2, 3]


@pytest.mark.parametrize("role", ["worker", "street", "finance", "auditor"])
async def test_others_do_not_say_it(registry: ServiceUnderTest, role: str) -> None:
    district, *_ = await _tree(registry)
    answer = await _set(registry, district, _officer(registry, district, role))
    assert answer.status_code in (403, 404)
    assert await registry.published(WorkCalendarSet) == []


async def test_nor_does_another_district(registry: ServiceUnderTest) -> None:
    *_, community = await _tree(registry)
    other = registry.caller(posts=[("district", uuid4(), "02")])
    unknown = await _set(registry, {"id": str(uuid4())}, other)
    known = await _set(registry, community, other)
    assert (known.status_code, known.json()) == (404, unknown.json())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"hours": WEEK[:6]}, "hours"), ({"hours": [[]] * 7}, "hours"),
        ({"hours": [[{"opens": "12:00", "closes": "09:00"}], *WEEK[1:]]}, "hours[0]"),
        ({"hours": [[*MORNING, {"opens": "11:00", "closes": "13:00"}], *WEEK[1:]]}, "hours[0]"),
        ({"hours": [[{"opens": "09:00Z", "closes": "12:00"}], *WEEK[1:]]}, "hours[0][0].opens"),
        ({"days": [{"on": "2026-12-31", "spans": []}] * 2}, "days"),
        ({"days": [{"on": "2026-02-30", "spans": []}]}, "days[0].on"), ({"country": "FR"}, "country"),
    ],
)  # fmt: skip
async def test_hours_that_cannot_be_are_refused_by_name(
    registry: ServiceUnderTest, body: dict[str, Any], field: str
) -> None:
    district, *_ = await _tree(registry)
    answer = await _set(registry, district, registry.caller("operator"), **body)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [field]
    assert await registry.published(WorkCalendarSet) == []
