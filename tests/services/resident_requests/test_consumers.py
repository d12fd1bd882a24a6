"""What volunteers do moves the request."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from event_contracts.resident_requests import (
    RequestAssigned,
    RequestEscalated,
    RequestResolved,
    RequestUnassigned,
)
from event_contracts.volunteer_matching import (
    TaskAccepted,
    TaskCheckedIn,
    TaskDone,
    TaskEscalated,
    TaskReopened,
)

from .conftest import Neighbourhood


class _Task:
    def __init__(self, here: Neighbourhood, request: Any) -> None:
        self._here = here
        self._whose = {
            "task_id": uuid4(),
            "request_id": UUID(request["id"]),
            "resident_id": here.resident.subject,
            "unit_id": here.unit,
        }
        self._who = {"volunteer_id": uuid4(), "person_id": uuid4()}

    async def happens(self, event: Any, **facts: Any) -> None:
        await self._here.service.deliver("tasks", event(**self._whose, **facts))

    async def accepted(self) -> UUID:
        await self.happens(TaskAccepted, offer_id=uuid4(), **self._who)
        return self._who["person_id"]

    async def checked_in(self) -> None:
        await self.happens(TaskCheckedIn, **self._who)

    async def done(self) -> None:
        await self.happens(TaskDone, minutes=30, **self._who)


async def test_an_accepted_task_assigns_the_request_and_done_resolves_it(here: Neighbourhood) -> None:
    request = await here.triaged()
    task = _Task(here, request)
    person = await task.accepted()
    assert await here.state(request["id"]) == "assigned"
    [assigned] = await here.service.published(RequestAssigned)
    assert assigned.data.assignee_id == person
    await task.checked_in()
    assert await here.state(request["id"]) == "in_progress"
    await task.done()
    assert await here.state(request["id"]) == "resolved"
    assert len(await here.service.published(RequestResolved)) == 1


async def test_a_volunteer_who_steps_back_leaves_it_triaged(here: Neighbourhood) -> None:
    request = await here.triaged()
    task = _Task(here, request)
    await task.accepted()
    await task.happens(TaskReopened, why="stepped_back")
    assert await here.state(request["id"]) == "triaged"
    assert len(await here.service.published(RequestUnassigned)) == 1


async def test_a_withdrawn_request_is_not_moved_by_a_late_task(here: Neighbourhood) -> None:
    request = await here.triaged()
    await here.service.post(f"/requests/{request['id']}/withdraw", by=here.resident)
    task = _Task(here, request)
    await task.accepted()
    await task.done()
    assert await here.state(request["id"]) == "withdrawn"
    assert await here.service.parked() == []


async def test_a_repeated_event_takes_effect_once(here: Neighbourhood) -> None:
    request = await here.triaged()
    task = _Task(here, request)
    await task.accepted()
    event = TaskAccepted(offer_id=uuid4(), **task._whose, **task._who)
    await here.service.deliver("tasks", event, version=1)
    assert len(await here.service.published(RequestAssigned)) == 1


async def test_nobody_left_to_ask_escalates_once(here: Neighbourhood) -> None:
    request = await here.triaged()
    await _Task(here, request).happens(TaskEscalated)
    await here.service.advance(timedelta(days=9))
    await here.service.fire_timers()
    told = await here.service.published(RequestEscalated)
    [escalated] = [event for event in told if event.data.why == "not_taken_up"]
    assert str(escalated.data.request_id) == request["id"]
