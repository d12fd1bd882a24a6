"""Who takes a request up is data: rules in versions, which fit or do not, route by themselves or propose."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.community_registry import UnitOpened
from event_contracts.paid_services import ServiceOffered
from event_contracts.resident_requests import RequestSubmitted, RequestTriaged
from platform_kit.auth import Caller

from .conftest import Neighbourhood

RULE: dict[str, Any] = {"priority": 10, "categories": ["errand"], "route": "community"}
FLOOR = {
    "code": "floor", "name_zh": "楼层", "name_en": "Floor", "kind": "singlevaluelist",
    "options": [{"code": "low", "name_zh": "低", "name_en": "Low"}, {"code": "high", "name_zh": "高", "name_en": "High"}],
}  # fmt: skip
LEAK: dict[str, Any] = {
    "name_zh": "水管漏水", "name_en": "Leaking pipe", "route": "community", "respond_hours": 2, "resolve_hours": 16,
    "escalate_hours": 4, "questions": [FLOOR],
}  # fmt: skip


def _operator(here: Neighbourhood) -> Caller:
    return here.service.caller("operator")


async def _set(
    here: Neighbourhood, code: str = "errands", seen: int = 0, by: Caller | None = None, **rule: Any
) -> Any:
    return await here.service.put(
        f"/routing-rules/{code}",
        json=RULE | rule,
        by=by or _operator(here),
        headers={"If-Match": f'"{seen}"'},
    )


async def _category(here: Neighbourhood, seen: int = 0, **content: Any) -> Any:
    return await here.service.put(
        "/categories/leak",
        json=LEAK | content,
        by=_operator(here),
        headers={"If-Match": f'"{seen}"'},
    )


async def _proposed(here: Neighbourhood, request: Any) -> Any:
    answer = await here.service.get(f"/requests/{request['id']}/routing", by=here.worker)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _triage(here: Neighbourhood, request: Any, **body: Any) -> Any:
    return await here.service.post(f"/requests/{request['id']}/triage", json=body, by=here.worker)


async def test_without_a_rule_the_category_says_who(here: Neighbourhood) -> None:
    request = await here.submit()
    assert await _proposed(here, request) == {
        "route": "volunteers", "skill": "errand", "service": None, "rule": None, "rule_version": None
    }  # fmt: skip
    triaged = (await _triage(here, request)).json()
    assert (triaged["route"], triaged["skill"], triaged["routing_rule"]) == ("volunteers", "errand", None)


async def test_a_rule_proposes_and_staff_take_it_or_decide_otherwise(here: Neighbourhood) -> None:
    await _set(here)
    taken, overridden = await here.submit(), await here.submit()
    assert taken["state"] == "submitted"
    assert (await _proposed(here, taken))["rule"] == "errands"
    by_rule = (await _triage(here, taken)).json()
    assert (by_rule["route"], by_rule["routing_rule"], by_rule["routing_rule_version"]) == (
        "community",
        "errands",
        1,
    )
    decided = (await _triage(here, overridden, route="volunteers")).json()
    assert (decided["route"], decided["routing_rule"], decided["routing_rule_version"]) == (
        "volunteers",
        None,
        None,
    )


async def test_an_automatic_rule_routes_as_soon_as_it_is_filed(here: Neighbourhood) -> None:
    await _set(here, auto=True, route="volunteers", skill="repair")
    request = await here.submit()
    assert (request["state"], request["route"], request["skill"]) == ("triaged", "volunteers", "repair")
    assert (request["routing_rule"], request["routing_rule_version"], request["version"]) == ("errands", 1, 2)
    [submitted] = await here.service.published(RequestSubmitted)
    [triaged] = await here.service.published(RequestTriaged)
    assert [submitted.version, triaged.version] == [1, 2]
    async with here.service.tx() as tx:
        timers = await tx.fetch(
            "SELECT kind FROM timer WHERE aggregate = $1 ORDER BY kind", UUID(request["id"])
        )
    assert [row["kind"] for row in timers] == ["promise", "take_up"]


async def test_an_automatic_rule_behind_one_that_is_not_waits_for_staff(here: Neighbourhood) -> None:
    await _set(here, "look_first", priority=1, urgencies=["urgent"])
    await _set(here, "errands", priority=2, auto=True)
    assert (await here.submit(urgency="urgent"))["state"] == "submitted"
    assert (await here.submit())["state"] == "triaged"


async def test_the_first_that_fits_counts_and_a_closed_one_never(here: Neighbourhood) -> None:
    await _set(here, "last", priority=30, route="relief")
    await _set(here, "first", priority=10, route="department")
    await _set(here, "before_it", priority=5, route="community", open=False)
    await _set(here, "other_kind", priority=1, categories=["hardship"])
    assert (await _proposed(here, await here.submit()))["rule"] == "first"


async def test_a_rule_holds_in_its_unit_and_below_and_nowhere_beside(here: Neighbourhood) -> None:
    street, beside = uuid4(), uuid4()
    units = {street: "01/02", beside: "01/02/00"}
    for unit, code in units.items():
        opened = UnitOpened(
            unit_id=unit, parent_id=None, kind="street", code=code, name=code, zone="Asia/Shanghai"
        )
        await here.service.deliver("registry_replica", opened)
    await _set(here, "beside", priority=1, unit_id=str(beside))
    assert (await _proposed(here, await here.submit()))["rule"] is None
    await _set(here, "of_the_street", priority=2, unit_id=str(street), auto=True)
    assert (await here.submit())["routing_rule"] == "of_the_street"


async def test_a_rule_asks_for_an_answer(here: Neighbourhood) -> None:
    await _category(here)
    answer = await _set(
        here, "high_up", categories=["leak"], answers={"floor": "high"}, route="department", auto=True
    )
    assert answer.status_code == 200, answer.text
    high = await here.submit(category="leak", answers={"floor": "high"})
    low = await here.submit(category="leak", answers={"floor": "low"})
    silent = await here.submit(category="leak")
    assert [each["state"] for each in (high, low, silent)] == ["triaged", "submitted", "submitted"]
    assert (await _proposed(here, low))["rule"] is None


async def test_a_proposal_opens_the_answers_that_are_sealed(here: Neighbourhood) -> None:
    await _category(here)
    await _set(here, "high_up", categories=["leak"], answers={"floor": "high"}, route="department")
    request = await here.submit(category="leak", answers={"floor": "high"})
    assert (await _proposed(here, request))["rule"] == "high_up"


async def test_a_change_is_the_next_version_and_what_was_routed_keeps_its_own(here: Neighbourhood) -> None:
    await _set(here, auto=True)
    before = await here.submit()
    assert (await _set(here, seen=1, auto=True, route="relief")).json()["version"] == 2
    after = await here.submit()
    assert [each["routing_rule_version"] for each in (before, after)] == [1, 2]
    kept = (await here.service.get(f"/requests/{before['id']}", by=here.worker)).json()
    assert (kept["routing_rule_version"], kept["route"]) == (1, "community")
    async with here.service.tx() as tx:
        rows = await tx.fetch("SELECT version, content FROM routing_rule_version ORDER BY version")
    assert [(row["version"], row["content"]["route"]) for row in rows] == [(1, "community"), (2, "relief")]


async def test_of_two_who_change_it_one_is_told_that_the_other_has(here: Neighbourhood) -> None:
    await _set(here)
    answers = await asyncio.gather(*(_set(here, seen=1, priority=n) for n in (1, 2, 3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    unseen = await here.service.put("/routing-rules/errands", json=RULE, by=_operator(here))
    assert unseen.status_code == 428


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"categories": ["unicorn"]}, "categories[0]"), ({"categories": ["errand", "errand"]}, "categories"),
        ({"unit_id": str(uuid4())}, "unit_id"), ({"route": "nobody"}, "route"), ({"skill": "errand"}, "skill"),
        ({"route": "paid_service", "service": "unicorn"}, "service"), ({"service": "bath_help"}, "service"),
        ({"answers": {"floor": "high"}}, "answers.floor"), ({"categories": [], "answers": {"floor": "high"}}, "categories"),
        ({"categories": ["leak"], "answers": {"floor": "cellar"}}, "answers.floor"),
        ({"categories": ["leak"], "answers": {"door": "high"}}, "answers.door"), ({"urgencies": ["soon"]}, "urgencies[0]"),
        ({"priority": -1}, "priority"),
    ],
)  # fmt: skip
async def test_no_rule_points_to_nothing(here: Neighbourhood, rule: dict[str, Any], field: str) -> None:
    await _category(here)
    answer = await _set(here, **rule)
    assert answer.status_code in (404, 422), answer.text
    assert [error["path"] for error in answer.json()["errors"]] == [field]
    assert (await here.service.get("/routing-rules", by=here.worker)).json() == []


async def test_nor_does_one_after_its_category_has_changed(here: Neighbourhood) -> None:
    await _category(here)
    await _set(here, "high_up", categories=["leak"], answers={"floor": "high"})
    refused = await _category(here, 1, questions=[])
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "questions")
    assert "high_up" in refused.text
    await _set(here, "high_up", seen=1, categories=["leak"])
    assert (await _category(here, 1, questions=[])).status_code == 200


async def test_a_paid_service_that_is_offered_can_be_named(here: Neighbourhood) -> None:
    await here.service.deliver("services", ServiceOffered(service="bath_help"))
    await _set(here, route="paid_service", service="bath_help", auto=True)
    await here.submit()
    [triaged] = await here.service.published(RequestTriaged)
    assert (triaged.data.route, triaged.data.service) == ("paid_service", "bath_help")
    request = await here.submit(category="hardship")
    named = await _triage(here, request, route="paid_service", service="bath_help")
    assert named.status_code == 200
    for body in (
        {"route": "paid_service", "service": "unicorn"},
        {"route": "relief", "service": "bath_help"},
    ):
        refused = await _triage(here, await here.submit(category="hardship"), **body)
        assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "service")


async def test_a_district_sets_rules_for_its_own_units_and_no_others(here: Neighbourhood) -> None:
    district = here.service.caller(posts=[("district", uuid4(), "01")])
    other = here.service.caller(posts=[("district", uuid4(), "02")])
    assert (await _set(here, by=district)).status_code == 404, "a rule for everywhere is the operator's"
    assert (await _set(here, by=district, unit_id=str(here.unit))).status_code == 200
    for by in (other, here.service.caller(posts=[("district", uuid4(), "01/02/004")])):
        refused = await _set(here, seen=1, by=by, unit_id=str(here.unit))
        assert refused.status_code == 404
    assert (await _set(here, seen=1, by=district)).status_code == 404, "nor is it made one for everywhere"


@pytest.mark.parametrize("role", ["resident", "worker", "street", "finance", "auditor"])
async def test_others_set_none(here: Neighbourhood, role: str) -> None:
    by = here.service.caller(posts=[(role, here.unit, "01/02/003")])
    assert (await _set(here, by=by, unit_id=str(here.unit))).status_code == 403


async def _category_changes(here: Neighbourhood, seen: int) -> None:
    body = {"name_zh": "跑腿", "name_en": "Errand", "route": "community", "respond_hours": 4, "resolve_hours": 24,
            "escalate_hours": 8}  # fmt: skip
    officer = here.service.caller(posts=[("district", uuid4(), "01")])
    answer = await here.service.put(
        "/categories/errand", json=body, by=officer, headers={"If-Match": f'"{seen}"'}
    )
    assert answer.status_code == 200, answer.text


async def test_it_keeps_its_category_as_it_was_filed_under_and_as_it_was_routed_by(
    here: Neighbourhood,
) -> None:
    """Each time that it is routed; whether its category says who, a rule or somebody."""
    request, decided = await here.submit(), await here.submit()
    assert (request["category_version"], request["routing_category_version"]) == (1, None)
    await _category_changes(here, 1)
    for each, body in ((request, {}), (decided, {"route": "volunteers"})):
        routed = (await _triage(here, each, **body)).json()
        assert (routed["category_version"], routed["routing_category_version"]) == (1, 2)
    assert routed["route"] == "volunteers"
    for verb, by in (("start", here.worker), ("resolve", here.worker), ("reopen", here.resident)):
        assert (await here.service.post(f"/requests/{request['id']}/{verb}", by=by)).status_code == 200
    await _category_changes(here, 2)
    again = (await _triage(here, request)).json()
    assert (again["route"], again["category_version"], again["routing_category_version"]) == (
        "community",
        1,
        3,
    )
    await _set(here, auto=True)
    by_itself = await here.submit()
    assert (by_itself["state"], by_itself["category_version"], by_itself["routing_category_version"]) == (
        "triaged",
        3,
        3,
    )
