"""Rules that route by themselves, and what no resident filed: a report of an application goes by them, what is imported does not."""

from typing import Any
from uuid import uuid4

import pytest

from event_contracts.community_registry import UnitOpened
from event_contracts.resident_requests import RequestSubmitted, RequestTriaged

from .conftest import Neighbourhood

SIZE = {
    "code": "size", "name_zh": "大小", "name_en": "Size", "kind": "singlevaluelist",
    "options": [{"code": "small", "name_zh": "小", "name_en": "Small"}, {"code": "large", "name_zh": "大", "name_en": "Large"}],
}  # fmt: skip
HOLE: dict[str, Any] = {
    "name_zh": "路面坑洞", "name_en": "Pothole", "route": "community", "private": False, "respond_hours": 2, "resolve_hours": 16,
    "escalate_hours": 4, "questions": [SIZE],
}  # fmt: skip


@pytest.fixture
async def ruled(here: Neighbourhood) -> Neighbourhood:
    operator = here.service.caller("operator")
    street = UnitOpened(
        unit_id=uuid4(), parent_id=None, kind="street", code="01/02", name="x", zone="Asia/Shanghai"
    )
    await here.service.deliver("registry_replica", street)
    category = await here.service.put(
        "/categories/pothole", json=HOLE, by=operator, headers={"If-Match": '"0"'}
    )
    assert category.status_code == 200, category.text
    # Large ones of this street go to the department, by themselves; the others are proposed.
    for code, priority, rule in (
        ("large", 1, {"unit_id": str(street.unit_id), "answers": {"size": "large"}, "route": "department", "auto": True}),
        ("others", 2, {"route": "volunteers"}),
    ):  # fmt: skip
        answer = await here.service.put(
            f"/routing-rules/{code}", json={"priority": priority, "categories": ["pothole"]} | rule, by=operator,
            headers={"If-Match": '"0"'},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
    return here


@pytest.fixture
async def api_key(ruled: Neighbourhood) -> str:
    here, operator = ruled, ruled.service.caller("operator")
    key = await here.service.post(
        "/open311/keys", json={"name": "lane", "unit_id": str(here.unit)}, by=operator
    )
    assert key.status_code == 201, key.text
    return str(key.json()["api_key"])


async def _reported(here: Neighbourhood, api_key: str, **sent: Any) -> Any:
    body = {"service_code": "pothole", "address_string": uuid4().hex, "api_key": api_key} | sent
    answer = await here.service.post("/open311/requests", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_what_an_application_reports_goes_where_the_rule_sends_it_at_once(
    here: Neighbourhood, api_key: str
) -> None:
    await _reported(here, api_key, attribute={"size": ["large"]})
    [request] = (await here.service.get("/requests", by=here.worker)).json()["items"]
    told = (request["state"], request["route"], request["routing_rule"], request["routing_rule_version"])
    assert told == ("triaged", "department", "large", 1)
    [submitted, triaged] = await here.service.published()
    assert (type(submitted.data), type(triaged.data)) == (RequestSubmitted, RequestTriaged)
    assert (triaged.version, triaged.data.route, triaged.data.resident_id) == (2, "department", None)
    async with here.service.tx() as tx:
        waiting = {row["kind"] for row in await tx.fetch("SELECT kind FROM timer")}
    assert waiting == {"promise", "take_up"}


@pytest.mark.parametrize("sent", [{"attribute": {"size": ["small"]}}, {}])
async def test_what_no_automatic_rule_fits_waits_for_staff(
    here: Neighbourhood, api_key: str, sent: dict[str, Any]
) -> None:
    await _reported(here, api_key, **sent)
    [request] = (await here.service.get("/requests", by=here.worker)).json()["items"]
    assert request["state"] == "submitted"
    proposed = await here.service.get(f"/requests/{request['id']}/routing", by=here.worker)
    assert proposed.json()["rule"] == "others"


async def test_what_is_imported_waits_for_staff_who_take_it_up_by_the_same_rules(
    ruled: Neighbourhood,
) -> None:
    here = ruled
    rule = {"priority": 0, "categories": ["pothole"], "route": "department", "auto": True}
    answer = await here.service.put(
        "/routing-rules/all", json=rule, by=here.service.caller("operator"), headers={"If-Match": '"0"'}
    )
    assert answer.status_code == 200, answer.text
    source = {
        "zone": "UTC", "categories": {"Hole": "pothole"}, "states": {"Open": "submitted"}, "areas": {"1": str(here.unit)},
    }  # fmt: skip
    await here.service.put("/import-sources/city", json=source, by=here.worker)
    values = {"srnumber": "1", "requesttype": "Hole", "status": "Open", "createddate": "1/1/20 0:23", "latitude": "34.0",
              "longitude": "-118.2", "address": "x", "nc": "1"}  # fmt: skip
    body = {"source": "city", "rows": [{"line": 2, "values": values}]}
    assert (await here.service.post("/requests/import", json=body, by=here.worker)).json()["imported"] == 1
    [request] = (await here.service.get("/requests", by=here.worker)).json()["items"]
    assert (request["state"], request["routing_rule"]) == ("submitted", None)
    taken = await here.service.post(f"/requests/{request['id']}/triage", json={}, by=here.worker)
    assert (taken.json()["route"], taken.json()["routing_rule"]) == ("department", "all")
