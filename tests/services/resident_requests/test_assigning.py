"""Staff give a request to one of them who works there, and nobody else is waited for then."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from event_contracts.community_registry import UnitOpened
from event_contracts.resident_requests import RequestAssigned, RequestEscalated
from event_contracts.volunteer_matching import TaskAccepted

from .conftest import Neighbourhood, appointed
from .test_rounds import asked_at


async def _assign(here: Neighbourhood, request: Any, to: UUID, by: Any = None) -> httpx.Response:
    body = {"assignee_id": str(to)}
    return await here.service.post(f"/requests/{request['id']}/assign", json=body, by=by or here.worker)


async def test_whoever_is_given_it_finds_it_in_their_list_and_begins(here: Neighbourhood) -> None:
    request = await here.triaged("community")
    answer = await _assign(here, request, here.colleague.subject)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["assignee_id"]) == ("assigned", str(here.colleague.subject))
    [told] = await here.service.published(RequestAssigned)
    assert (told.data.assignee_kind, told.data.assignee_id, told.data.order_id) == (
        "staff", here.colleague.subject, None
    )  # fmt: skip
    mine = (await here.service.get("/requests?assignee=me&order=due", by=here.colleague)).json()["items"]
    assert [each["id"] for each in mine] == [request["id"]]
    started = await here.service.post(f"/requests/{request['id']}/start", by=here.colleague)
    assert started.json()["state"] == "in_progress"


async def test_it_can_be_given_to_another_before_anybody_has_begun(here: Neighbourhood) -> None:
    request = await here.triaged("community")
    for person in (here.colleague.subject, here.worker.subject):
        assert (await _assign(here, request, person)).json()["assignee_id"] == str(person)
    await here.service.post(f"/requests/{request['id']}/start", by=here.worker)
    assert (await _assign(here, request, here.colleague.subject)).status_code == 409


async def test_only_who_works_there_now_is_given_anything(here: Neighbourhood) -> None:
    """At its unit or above it, by a post that works on requests, on that day."""
    street, beside = uuid4(), uuid4()
    await here.service.deliver(
        "registry_replica",
        UnitOpened(unit_id=street, parent_id=None, kind="street", code="01/02", name="x", zone="UTC"),
        UnitOpened(unit_id=beside, parent_id=None, kind="community", code="01/02/00", name="x", zone="UTC"),
        version=None,
    )
    request = await here.triaged("community")
    today, day = datetime.now(UTC).date(), timedelta(days=1)
    refused = {
        "nobody": uuid4(), "a resident": here.resident.subject, "gone": here.gone.subject,
        "next door": await _posted(here, beside), "a clerk": await _posted(here, here.unit, post="finance"),
        "over": await _posted(here, here.unit, until_on=today - 2 * day),
        "not yet": await _posted(here, here.unit, from_on=today + 2 * day),
    }  # fmt: skip
    for who, person in refused.items():
        answer = await _assign(here, request, person)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "assignee_id"), who
    assert await here.state(request["id"]) == "triaged"
    assert await here.service.published(RequestAssigned) == []
    above = await _posted(here, street, post="street", until_on=today + 2 * day)
    assert (await _assign(here, request, above)).status_code == 200


async def _posted(here: Neighbourhood, unit: UUID, **changed: date | str) -> UUID:
    person = uuid4()
    await appointed(here.service, person, unit, **changed)
    return person


async def test_volunteers_who_were_asked_before_do_not_move_it_any_more(here: Neighbourhood) -> None:
    request = await here.triaged("volunteers")
    version = await asked_at(here, request)
    assert (await _assign(here, request, here.colleague.subject)).status_code == 200
    accepted = TaskAccepted(
        task_id=uuid4(), request_id=UUID(request["id"]), resident_id=here.resident.subject, unit_id=here.unit,
        request_version=version, offer_id=uuid4(), volunteer_id=uuid4(), person_id=uuid4(),
    )  # fmt: skip
    await here.service.deliver("tasks", accepted)
    shown = (await here.service.get(f"/requests/{request['id']}", by=here.worker)).json()
    assert (shown["state"], shown["assignee_id"]) == ("assigned", str(here.colleague.subject))


@pytest.mark.parametrize("given", [True, False])
async def test_nobody_is_told_that_it_was_not_taken_up_once_somebody_has_it(
    here: Neighbourhood, *, given: bool
) -> None:
    request = await here.triaged("community")
    if given:
        assert (await _assign(here, request, here.worker.subject)).status_code == 200
    await here.service.advance(timedelta(days=14))
    await here.service.fire_timers()
    told = [event.data for event in await here.service.published(RequestEscalated)]
    [why] = [each.why for each in told if each.level == "worker"]
    assert why == ("not_begun" if given else "not_taken_up")
