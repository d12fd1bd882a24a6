"""What staff work from: in the order in which it is due, and counted in full."""

from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from event_contracts.community_registry import ResidentRegistered, UnitOpened, WorkCalendarSet, WorkSpan

from .conftest import Neighbourhood

HOUR = timedelta(hours=1)


@pytest.fixture
async def here(here: Neighbourhood) -> Neighbourhood:
    """Working time is nearly all time."""
    day = (WorkSpan(opens=time(0), closes=time(23, 59, 59)),)
    await here.service.deliver(
        "registry_replica", WorkCalendarSet(unit_id=here.unit, hours=(day,) * 7, days=(), country=None)
    )
    return here


async def _page(here: Neighbourhood, query: str = "") -> Any:
    answer = await here.service.get(f"/requests?order=due{query}", by=here.worker)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _do(here: Neighbourhood, request: Any, *verbs: str) -> None:
    bodies = {"triage": {"route": "community"}, "ask": {"words": "?"}, "answer": {"words": "!"}}
    for verb in verbs:
        answer = await here.service.post(
            f"/requests/{request['id']}/{verb}", json=bodies.get(verb), by=here.worker
        )
        assert answer.status_code == 200, answer.text


# K4
async def test_the_order_is_that_of_the_time_that_is_shown(here: Neighbourhood) -> None:
    """Of errands 4 hours until somebody looks and 24 until they are done, of graffiti 8 and 80."""
    slow = await here.submit(category="graffiti")
    await here.service.advance(HOUR)
    quick, looked_at, waiting, done = [await here.submit() for _ in range(4)]
    await _do(here, looked_at, "triage")
    await _do(here, waiting, "triage", "start", "ask")
    await _do(here, done, "triage", "start", "resolve")
    page = await _page(here)
    assert [item["id"] for item in page["items"]] == [quick["id"], slow["id"], looked_at["id"]]
    shown = [
        item["time_left"]["resolution" if item["responded_at"] else "response"] for item in page["items"]
    ]
    assert shown == sorted(shown)
    await _do(here, waiting, "answer")
    assert [item["id"] for item in (await _page(here))["items"]][-1] == waiting["id"]
    # Days later all are overdue, by as much as the order says.
    await here.service.advance(timedelta(days=9))
    late = (await _page(here))["items"]
    left = [item["time_left"]["resolution" if item["responded_at"] else "response"] for item in late]
    assert left == sorted(left)
    assert max(left) < 0


async def test_pages_by_due_lose_and_repeat_nothing(here: Neighbourhood) -> None:
    filed = [(await here.submit())["id"] for _ in range(7)]
    seen: list[str] = []
    page = await _page(here, "&limit=3")
    while True:
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        page = await _page(here, f"&limit=3&cursor={page['next']}")
    assert seen == filed
    assert (await here.service.get("/requests?order=due&cursor=nonsense", by=here.worker)).status_code == 422


async def test_one_state_or_the_order_of_what_is_due(here: Neighbourhood) -> None:
    answer = await here.service.get("/requests?order=due&state=submitted", by=here.worker)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "state")


async def test_figures_count_all_that_is_open_however_much_it_is(here: Neighbourhood) -> None:
    for _ in range(12):
        await here.submit()
    await here.service.advance(timedelta(days=2))
    waiting, done, graffiti = await here.submit(), await here.submit(), await here.submit(category="graffiti")
    await _do(here, waiting, "triage", "start", "ask")
    await _do(here, done, "triage", "start", "resolve")
    found = (await here.service.get("/requests/figures", by=here.worker)).json()
    by = {each["category"]: each for each in found}
    assert {each["unit_id"] for each in found} == {str(here.unit)}
    errands = {
        name: by["errand"][name]
        for name in ("open", "overdue", "awaiting_resident", "under_a_day", "under_a_week", "older")
    }
    assert errands == {
        "open": 13, "overdue": 12, "awaiting_resident": 1, "under_a_day": 1, "under_a_week": 12, "older": 0
    }  # fmt: skip
    assert (by["graffiti"]["open"], by["graffiti"]["overdue"]) == (1, 0)
    assert by["graffiti"]["oldest_at"] == graffiti["occurred_at"]


async def test_each_sees_the_figures_of_their_own_units(here: Neighbourhood) -> None:
    await here.submit()
    other = uuid4()
    await here.service.deliver(
        "registry_replica",
        UnitOpened(unit_id=other, parent_id=None, kind="community", code="01/02/004", name="x", zone="UTC"),
    )
    neighbour = here.service.caller("resident")
    await here.service.deliver(
        "registry_replica",
        ResidentRegistered(resident_id=neighbour.subject, household_id=uuid4(), unit_id=other),
    )
    await here.service.post("/requests", json={"category": "errand", "words": "x"}, by=neighbour)
    counted = {
        code: sum(each["open"] for each in (await here.service.get(
            "/requests/figures", by=here.service.caller(posts=[("street", uuid4(), code)])
        )).json())
        for code in ("01/02", "01/02/003", "01/02/004", "01/02/00", "02")
    }  # fmt: skip
    assert counted == {"01/02": 2, "01/02/003": 1, "01/02/004": 1, "01/02/00": 0, "02": 0}
    assert (await here.service.get("/requests/figures", by=here.resident)).status_code == 403


@pytest.mark.parametrize("code", ["01", "01/02"])
async def test_whoever_reaches_many_units_pages_through_theirs_and_nobody_elses(
    here: Neighbourhood, code: str
) -> None:
    """At the top by one index over all there is, below it unit by unit."""
    elsewhere, filed = uuid4(), []
    await here.service.deliver(
        "registry_replica",
        UnitOpened(
            unit_id=elsewhere, parent_id=None, kind="community", code="02/01/001", name="x", zone="UTC"
        ),
    )
    stranger = here.service.caller("resident")
    await here.service.deliver(
        "registry_replica",
        ResidentRegistered(resident_id=stranger.subject, household_id=uuid4(), unit_id=elsewhere),
    )
    for _ in range(5):
        filed.append((await here.submit())["id"])
        await here.service.post("/requests", json={"category": "errand", "words": "x"}, by=stranger)
    officer = here.service.caller(posts=[("district", uuid4(), code)])
    for state in ("", "&state=submitted"):
        seen: list[str] = []
        page = (await here.service.get(f"/requests?limit=2{state}", by=officer)).json()
        while True:
            seen += [item["id"] for item in page["items"]]
            if page["next"] is None:
                break
            path = f"/requests?limit=2{state}&cursor={page['next']}"
            page = (await here.service.get(path, by=officer)).json()
        assert seen == filed[::-1]
    assert (await here.service.get("/requests?state=closed", by=officer)).json()["items"] == []
