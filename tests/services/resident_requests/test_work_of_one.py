"""What one person works on, and what lies in one unit: lists in both orders, and figures, never more than the caller reaches."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.community_registry import ResidentRegistered, UnitOpened
from event_contracts.resident_requests import RequestStarted
from platform_kit.auth import Caller

from .conftest import Neighbourhood

ORDERS = ("newest", "due")


async def _list(here: Neighbourhood, by: Caller, **query: str) -> Any:
    """All its pages, of two each."""
    found: list[str] = []
    page: Any = {"next": ""}
    while page["next"] is not None:
        cursor = {"cursor": page["next"]} if page["next"] else {}
        answer = await here.service.get("/requests", params={"limit": "2", **query, **cursor}, by=by)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= 2
        found += [item["id"] for item in page["items"]]
    return found


async def _begun(here: Neighbourhood, by: Caller, **body: Any) -> str:
    request = await here.submit(**body)
    for verb, sent in (("triage", {"route": "community"}), ("start", None)):
        answer = await here.service.post(f"/requests/{request['id']}/{verb}", json=sent, by=by)
        assert answer.status_code == 200, answer.text
    return str(request["id"])


async def _next_door(here: Neighbourhood) -> tuple[UUID, str]:
    """Another community of the same street, and something that was asked for there."""
    unit, neighbour = uuid4(), here.service.caller("resident")
    await here.service.deliver(
        "registry_replica",
        UnitOpened(unit_id=unit, parent_id=None, kind="community", code="01/02/0031", name="x", zone="UTC"),
    )
    await here.service.deliver(
        "registry_replica",
        ResidentRegistered(resident_id=neighbour.subject, household_id=uuid4(), unit_id=unit),
    )
    answer = await here.service.post("/requests", json={"category": "errand", "words": "x"}, by=neighbour)
    return unit, str(answer.json()["id"])


def _colleague(here: Neighbourhood) -> Caller:
    return here.service.caller(posts=[("worker", here.unit, "01/02/003")])


def _officer(here: Neighbourhood, code: str = "01/02") -> Caller:
    return here.service.caller(posts=[("street", uuid4(), code)])


async def test_whoever_of_the_staff_begins_with_it_has_it(here: Neighbourhood) -> None:
    """By their own name, and without being taken for somebody whose service answers."""
    request = await _begun(here, here.worker)
    shown = (await here.service.get(f"/requests/{request}", by=here.worker)).json()
    assert (shown["state"], shown["assignee_id"]) == ("in_progress", str(here.worker.subject))
    [told] = await here.service.published(RequestStarted)
    assert (told.data.by, told.data.assignee_id) == ("staff", here.worker.subject)
    async with here.service.tx() as tx:
        row = await tx.fetchrow("SELECT asked_version, taken_up_by FROM request WHERE id = $1", UUID(request))
    assert tuple(row) == (None, None)


@pytest.mark.parametrize("order", ORDERS)
async def test_the_list_of_one_person_holds_what_they_were_given_and_all_of_it(
    here: Neighbourhood, order: str
) -> None:
    colleague = _colleague(here)
    mine, theirs = [], []
    for _ in range(5):
        mine.append(await _begun(here, here.worker))
        theirs.append(await _begun(here, colleague))
        await here.submit()
    wanted = mine[::-1] if order == "newest" else mine
    assert await _list(here, here.worker, assignee="me", order=order) == wanted
    assert await _list(here, colleague, assignee=str(here.worker.subject), order=order) == wanted
    assert sorted(await _list(here, colleague, assignee="me", order=order)) == sorted(theirs)
    assert await _list(here, here.worker, assignee=str(uuid4()), order=order) == []


async def test_the_list_of_one_person_in_one_state(here: Neighbourhood) -> None:
    begun, done = await _begun(here, here.worker), await _begun(here, here.worker)
    await here.service.post(f"/requests/{done}/resolve", by=here.worker)
    for state, wanted in (("in_progress", [begun]), ("resolved", [done]), ("closed", [])):
        assert await _list(here, here.worker, assignee="me", state=state) == wanted
    # Nothing is due of what is done.
    assert await _list(here, here.worker, assignee="me", order="due") == [begun]


@pytest.mark.parametrize("order", ORDERS)
async def test_what_somebody_has_elsewhere_is_not_shown(here: Neighbourhood, order: str) -> None:
    """Only what the caller's posts reach, whoever has it."""
    request = await _begun(here, here.worker)
    person = str(here.worker.subject)
    for code, wanted in (("01/02", [request]), ("01", [request]), ("01/02/00", []), ("02", [])):
        assert await _list(here, _officer(here, code), assignee=person, order=order) == wanted


@pytest.mark.parametrize("order", ORDERS)
async def test_the_list_of_one_unit_holds_it_and_what_is_below(here: Neighbourhood, order: str) -> None:
    """A community whose code begins with another's is none of it."""
    street = uuid4()
    await here.service.deliver(
        "registry_replica",
        UnitOpened(unit_id=street, parent_id=None, kind="street", code="01/02", name="x", zone="UTC"),
    )
    beside, there = await _next_door(here)
    filed = [(await here.submit())["id"] for _ in range(3)]
    by = _officer(here)
    for unit, wanted in ((here.unit, filed), (beside, [there]), (street, [there, *filed])):
        assert sorted(await _list(here, by, unit=str(unit), order=order)) == sorted(wanted)
    begun = await _begun(here, here.worker)
    assert await _list(here, by, unit=str(here.unit), assignee=str(here.worker.subject), order=order) == [
        begun
    ]
    assert await _list(here, by, unit=str(beside), assignee=str(here.worker.subject), order=order) == []


@pytest.mark.parametrize(
    "path", ["/requests", "/requests?order=due", "/requests/figures", "/requests/figures/assignees"]
)
async def test_a_unit_that_is_not_theirs_is_as_one_that_is_not(here: Neighbourhood, path: str) -> None:
    beside, _ = await _next_door(here)
    answers = [
        await here.service.get(path, params={**_query(path), "unit": str(unit)}, by=here.worker)
        for unit in (beside, uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    nonsense = await here.service.get(path, params={**_query(path), "assignee": "them"}, by=here.worker)
    assert nonsense.status_code == 422


def _query(path: str) -> dict[str, str]:
    return {"order": "due"} if "order" in path else {}


async def test_figures_by_who_has_it_count_more_than_any_page(here: Neighbourhood) -> None:
    colleague = _colleague(here)
    for _ in range(4):
        await _begun(here, here.worker)
    await _begun(here, colleague)
    await here.submit()
    await here.submit(category="graffiti")
    done = await _begun(here, here.worker)
    await here.service.post(f"/requests/{done}/resolve", by=here.worker)
    asked = await _begun(here, here.worker)
    await here.service.post(f"/requests/{asked}/ask", json={"words": "?"}, by=here.worker)
    await _next_door(here)
    [page] = [(await here.service.get("/requests", params={"limit": "1"}, by=here.worker)).json()["items"]]
    assert len(page) == 1
    found = (await here.service.get("/requests/figures/assignees", by=here.worker)).json()
    counted = {each["assignee_id"]: (each["open"], each["awaiting_resident"]) for each in found}
    assert counted == {str(here.worker.subject): (5, 1), str(colleague.subject): (1, 0), None: (2, 0)}
    assert {each["unit_id"] for each in found} == {str(here.unit)}
    mine = (await here.service.get("/requests/figures?assignee=me", by=here.worker)).json()
    assert [(each["category"], each["open"]) for each in mine] == [("errand", 5)]
    assert (await here.service.get("/requests/figures/assignees", by=here.resident)).status_code == 403


async def test_figures_of_one_unit_are_of_nothing_beside_it(here: Neighbourhood) -> None:
    beside, _ = await _next_door(here)
    await _begun(here, here.worker)
    by = _officer(here)
    for path in ("/requests/figures", "/requests/figures/assignees"):
        for unit in (here.unit, beside):
            found = (await here.service.get(path, params={"unit": str(unit)}, by=by)).json()
            assert [(each["unit_id"], each["open"]) for each in found] == [(str(unit), 1)]
        assert len((await here.service.get(path, by=by)).json()) == 2
