"""What a request asked for ends when nobody needs it any more, and not what it asked for since."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.resident_requests import (
    RequestAssigned,
    RequestRejected,
    RequestReopened,
    RequestResolved,
    RequestStarted,
    RequestTriaged,
    RequestWithdrawn,
)
from event_contracts.volunteer_matching import TaskCancelled
from platform_kit.auth import Caller
from replay import read_again, rows

from .conftest import Neighbourhood

STAFF = uuid4()
ENDINGS: dict[str, tuple[Any, dict[str, Any]]] = {
    "staff begin with it": (RequestStarted, {"by": "staff"}),
    "one of the staff is given it": (RequestAssigned, {"assignee_kind": "staff", "assignee_id": STAFF}),
    "staff say that it is done": (RequestResolved, {"resolved_by": STAFF}),
    "it is withdrawn": (RequestWithdrawn, {}),
    "it is declined": (RequestRejected, {"reason": "declined"}),
    "the department has it": (RequestTriaged, {"route": "department"}),
    "it goes to a paid service": (RequestTriaged, {"route": "paid_service", "service": "bath_help"}),
}


def _event(here: Neighbourhood, kind: Any, request_id: UUID, **facts: Any) -> Any:
    about = {"request_id": request_id, "resident_id": here.resident.subject, "unit_id": here.unit}
    if kind is RequestTriaged:
        starts = datetime.now(UTC) + timedelta(hours=5)
        facts = {
            "case_number": "000-000-000", "category": "errand", "skill": "errand", "wanted_from": starts,
            "wanted_until": starts + timedelta(hours=2), "route": "volunteers", **facts,
        }  # fmt: skip
    return kind.model_validate(about | facts)


async def _tell(here: Neighbourhood, kind: Any, request_id: UUID, **facts: Any) -> None:
    await here.service.deliver("requests", _event(here, kind, request_id, **facts))


async def _tasks(here: Neighbourhood, request_id: UUID) -> list[Any]:
    """The oldest first."""
    worker = here.service.caller(posts=[("worker", here.unit, "01/02/003")])
    listed = (await here.service.get("/tasks", by=worker)).json()["items"]
    return [task for task in reversed(listed) if task["request_id"] == str(request_id)]


async def _step(here: Neighbourhood, path: str, by: Caller) -> None:
    answer = await here.service.post(path, by=by)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("ending", ENDINGS)
async def test_offers_and_tasks_end_with_what_they_were_for_and_once(
    here: Neighbourhood, ending: str, accepted: bool
) -> None:
    volunteer = await here.volunteer()
    asked = _event(here, RequestTriaged, uuid4())
    request_id = asked.request_id
    await here.service.deliver("requests", asked)
    [offer] = await here.offers(volunteer)
    if accepted:
        await _step(here, f"/offers/{offer['id']}/accept", volunteer)
    kind, facts = ENDINGS[ending]
    ended = _event(here, kind, request_id, **facts)
    await here.service.deliver("requests", ended)
    [task] = await _tasks(here, request_id)
    assert task["state"] == "cancelled"
    assert await here.offers(volunteer) == []
    late = await here.service.post(f"/offers/{offer['id']}/accept", by=volunteer)
    assert late.status_code == 409
    await here.service.advance(timedelta(hours=9))
    before = await rows(here.service)
    await read_again(here.service, "requests", (asked, 1), (ended, 2))
    await here.service.fire_timers()
    assert await rows(here.service) == before
    [told] = await here.service.published(TaskCancelled)
    assert (str(told.data.task_id), told.data.request_version) == (offer["task_id"], 1)


async def test_a_volunteer_who_begins_ends_nothing(here: Neighbourhood) -> None:
    """Their own check-in comes back as the request's beginning, also from before it was said whose that is."""
    volunteer = await here.volunteer()
    request_id = await here.needs_help()
    [offer] = await here.offers(volunteer)
    await _step(here, f"/offers/{offer['id']}/accept", volunteer)
    for by in ("assignee", None):
        await _tell(here, RequestStarted, request_id, by=by)
    [task] = await _tasks(here, request_id)
    assert task["state"] == "accepted"


@pytest.mark.parametrize("ending", ["staff begin with it", "staff say that it is done"])
async def test_whoever_is_there_already_finishes_and_their_time_counts(
    here: Neighbourhood, ending: str
) -> None:
    volunteer = await here.volunteer()
    request_id = await here.needs_help()
    [offer] = await here.offers(volunteer)
    await _step(here, f"/offers/{offer['id']}/accept", volunteer)
    await _step(here, f"/tasks/{offer['task_id']}/check-in", volunteer)
    kind, facts = ENDINGS[ending]
    await _tell(here, kind, request_id, **facts)
    await _step(here, f"/tasks/{offer['task_id']}/check-out", volunteer)
    await _step(here, f"/tasks/{offer['task_id']}/confirm", here.resident)
    assert (await here.service.get("/volunteers/me/hours", by=volunteer)).json()["confirmed_tasks"] == 1


@pytest.mark.parametrize("reached", ["open", "offered", "accepted", "checked_in"])
async def test_what_is_asked_for_anew_is_a_new_task_with_the_new_times(
    here: Neighbourhood, reached: str
) -> None:
    """However far the old one had come, it does not stand in the way of the new one."""
    volunteer = await here.volunteer() if reached != "open" else here.resident
    request_id = await here.needs_help()
    if reached in ("accepted", "checked_in"):
        [offer] = await here.offers(volunteer)
        await _step(here, f"/offers/{offer['id']}/accept", volunteer)
        if reached == "checked_in":
            await _step(here, f"/tasks/{offer['task_id']}/check-in", volunteer)
    [old] = await _tasks(here, request_id)
    assert old["state"] == reached
    starts = datetime.now(UTC) + timedelta(days=3)
    times = {"wanted_from": starts, "wanted_until": starts + timedelta(hours=1)}
    await _tell(here, RequestReopened, request_id, reopened_by=here.resident.subject)
    again = _event(here, RequestTriaged, request_id, **times)
    await here.service.deliver("requests", again)
    old, new = await _tasks(here, request_id)
    assert (old["state"], new["state"]) == ("cancelled", "open" if reached == "open" else "offered")
    assert datetime.fromisoformat(new["starts_at"]) == times["wanted_from"]
    assert datetime.fromisoformat(new["ends_at"]) == times["wanted_until"]
    assert await here.service.parked() == []


@pytest.mark.parametrize("ending", ENDINGS)
async def test_an_ending_that_is_read_again_leaves_what_was_asked_for_since(
    here: Neighbourhood, ending: str
) -> None:
    """K17: the second group reads the request's first life while volunteers are asked in its second."""
    await here.volunteer()
    request_id = await here.needs_help()
    kind, facts = ENDINGS[ending]
    first, ended = _event(here, RequestTriaged, request_id), _event(here, kind, request_id, **facts)
    await here.service.deliver("requests", ended, _event(here, RequestTriaged, request_id))
    before = await rows(here.service)
    await read_again(here.service, "requests", (first, 1), (ended, 2))
    assert await rows(here.service) == before
    assert [task["state"] for task in await _tasks(here, request_id)] == ["cancelled", "offered"]
