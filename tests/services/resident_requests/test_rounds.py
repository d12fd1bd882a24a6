"""A request that came back and was routed again is moved by whoever is asked now: what was asked before says nothing any more."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.paid_services import OrderAssigned, OrderCancelled, OrderCompleted, OrderStarted
from event_contracts.resident_requests import RequestAssigned, RequestEscalated, RequestTriaged
from event_contracts.volunteer_matching import (
    TaskAccepted,
    TaskCheckedIn,
    TaskDone,
    TaskEscalated,
    TaskReopened,
)
from platform_kit.money import Money

from .conftest import Neighbourhood

ROUTES = ("volunteers", "paid_service")


class Work:
    """A task or an order that was made for one event of a request, and what becomes of it."""

    def __init__(self, here: Neighbourhood, request: Any, route: str, *, version: int | None) -> None:
        self.here, self.route, self.person = here, route, uuid4()
        about = {"request_id": UUID(request["id"]), "resident_id": here.resident.subject, "unit_id": here.unit,
                 "request_version": version}  # fmt: skip
        kind = (
            {"task_id": uuid4()} if route == "volunteers" else {"order_id": uuid4(), "service": "bath_help"}
        )
        self.about = about | kind

    async def _tell(self, event: Any, **facts: Any) -> None:
        consumer = "tasks" if self.route == "volunteers" else "orders"
        await self.here.service.deliver(consumer, event(**self.about, **facts))

    async def taken_up(self) -> None:
        if self.route == "volunteers":
            await self._tell(TaskAccepted, offer_id=uuid4(), volunteer_id=uuid4(), person_id=self.person)
        else:
            await self._tell(OrderAssigned, provider_id=uuid4(), person_id=self.person)

    async def begun(self) -> None:
        if self.route == "volunteers":
            await self._tell(TaskCheckedIn, volunteer_id=uuid4(), person_id=self.person)
        else:
            await self._tell(OrderStarted)

    async def done(self) -> None:
        if self.route == "volunteers":
            await self._tell(TaskDone, volunteer_id=uuid4(), person_id=self.person, minutes=30)
        else:
            await self._tell(OrderCompleted, person_id=self.person)

    async def given_back(self) -> None:
        if self.route == "volunteers":
            await self._tell(TaskReopened, why="stepped_back")
            await self._tell(TaskEscalated)
        else:
            await self._tell(OrderCancelled, fee=Money(0, "CNY"))


async def asked_at(here: Neighbourhood, request: Any) -> int:
    """The version of the event by which it was routed last."""
    told = await here.service.published(RequestTriaged)
    return max(each.version for each in told if str(each.data.request_id) == request["id"])


async def _call(here: Neighbourhood, request: Any, verb: str, by: Any, **body: Any) -> Any:
    answer = await here.service.post(f"/requests/{request['id']}/{verb}", json=body or None, by=by)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _told(here: Neighbourhood, request: Any) -> int:
    return len([e for e in await here.service.published() if str(e.data.request_id) == request["id"]])


async def _routed_twice(here: Neighbourhood, first: str, second: str) -> tuple[Any, Work, Work]:
    """Begun by the first, resolved by staff, reopened, and routed again."""
    request = await here.triaged(first)
    old = Work(here, request, first, version=await asked_at(here, request))
    await old.taken_up()
    await _call(here, request, "resolve", here.worker)
    await _call(here, request, "reopen", here.resident)
    await _call(here, request, "triage", here.worker, route=second)
    return request, old, Work(here, request, second, version=await asked_at(here, request))


async def _all_of(work: Work) -> None:
    await work.taken_up()
    await work.given_back()
    await work.begun()
    await work.done()


@pytest.mark.parametrize("second", ROUTES)
@pytest.mark.parametrize("first", ROUTES)
async def test_late_answers_of_an_earlier_round_move_nothing_and_those_of_this_one_do(
    here: Neighbourhood, first: str, second: str
) -> None:
    request, old, new = await _routed_twice(here, first, second)
    for stage, state in ((None, "triaged"), (new.taken_up, "assigned"), (new.begun, "in_progress")):
        if stage is not None:
            await stage()
        told = await _told(here, request)
        await _all_of(old)
        assert await here.state(request["id"]) == state
        assert await _told(here, request) == told, "a late answer is told of as if it had changed something"
    await new.done()
    assert await here.state(request["id"]) == "resolved"
    assert await here.service.parked() == []


@pytest.mark.parametrize("route", ROUTES)
async def test_what_was_given_back_before_does_not_tell_the_worker_that_nobody_comes_now(
    here: Neighbourhood, route: str
) -> None:
    request, old, new = await _routed_twice(here, route, route)
    await old.given_back()
    told = [e for e in await here.service.published(RequestEscalated) if e.data.why == "not_taken_up"]
    assert told == []
    await new.given_back()
    told = [e for e in await here.service.published(RequestEscalated) if e.data.why == "not_taken_up"]
    assert [str(each.data.request_id) for each in told] == [request["id"]]


@pytest.mark.parametrize("route", ROUTES)
async def test_what_another_has_taken_up_is_not_done_or_given_back_by_a_third(
    here: Neighbourhood, route: str
) -> None:
    """Also of events from before they said which event of the request they answer."""
    request = await here.triaged(route)
    holder, other = (Work(here, request, route, version=None) for _ in range(2))
    await holder.taken_up()
    await _all_of(other)
    assert await here.state(request["id"]) == "assigned"
    await holder.begun()
    await _all_of(other)
    assert await here.state(request["id"]) == "in_progress"
    await holder.done()
    assert await here.state(request["id"]) == "resolved"


@pytest.mark.parametrize("taken_up", [False, True])
@pytest.mark.parametrize("route", ROUTES)
async def test_what_staff_do_themselves_is_nobody_elses_to_finish(
    here: Neighbourhood, route: str, taken_up: bool
) -> None:
    request = await here.triaged(route)
    work = Work(here, request, route, version=await asked_at(here, request))
    if taken_up:
        await work.taken_up()
    started = await _call(here, request, "start", here.worker)
    assert started["assignee_id"] == str(here.worker.subject)
    await _all_of(work)
    assert await here.state(request["id"]) == "in_progress"
    await _call(here, request, "resolve", here.worker)


async def test_a_task_that_was_left_is_taken_up_again_in_the_same_round(here: Neighbourhood) -> None:
    """It goes to the next volunteer: what was asked for it is asked still."""
    request = await here.triaged("volunteers")
    work = Work(here, request, "volunteers", version=await asked_at(here, request))
    await work.taken_up()
    await work.given_back()
    assert await here.state(request["id"]) == "triaged"
    await work.taken_up()
    await work.begun()
    await work.done()
    assert await here.state(request["id"]) == "resolved"


async def test_an_order_that_was_called_off_is_the_last_of_its_round(here: Neighbourhood) -> None:
    """Each routing is quoted once: nobody is asked any more, whoever reads of that order again, until it is routed anew."""
    request = await here.triaged("paid_service")
    version = await asked_at(here, request)
    work, another = (Work(here, request, "paid_service", version=version) for _ in range(2))
    await work.taken_up()
    await work.given_back()
    for late in (work, another):
        await _all_of(late)
    assert await here.state(request["id"]) == "triaged"
    await _call(here, request, "triage", here.worker, route="paid_service")
    again = Work(here, request, "paid_service", version=await asked_at(here, request))
    await again.taken_up()
    await again.begun()
    await again.done()
    assert await here.state(request["id"]) == "resolved"


async def test_what_was_routed_before_it_was_kept_who_is_asked_is_moved_as_before(
    here: Neighbourhood,
) -> None:
    request = await here.triaged("volunteers")
    async with here.service.tx() as tx:
        await tx.execute("UPDATE request SET asked_version = 0")
    work = Work(here, request, "volunteers", version=77)
    await work.taken_up()
    await work.begun()
    await here.service.advance(timedelta(hours=1))
    await work.done()
    assert await here.state(request["id"]) == "resolved"


async def test_what_was_taken_up_before_it_was_kept_by_whom_stays_with_whoever_has_it(
    here: Neighbourhood,
) -> None:
    """Another that says the same is let pass, and keeps back nothing that comes after it."""
    request = await here.triaged("paid_service")
    order = Work(here, request, "paid_service", version=await asked_at(here, request))
    await order.taken_up()
    first, order.person = order.person, uuid4()
    async with here.service.tx() as tx:
        await tx.execute("UPDATE request SET asked_version = 0, taken_up_by = NULL")
    await order.taken_up()
    shown = (await here.service.get(f"/requests/{request['id']}", by=here.worker)).json()
    assert (shown["state"], shown["assignee_id"]) == ("assigned", str(first))
    await order.begun()
    assert await here.state(request["id"]) == "in_progress"
    assert await here.service.parked() == []


async def _left_lying(here: Neighbourhood, route: str) -> tuple[Any, Work]:
    """Nobody took it up in time, and its worker was told."""
    await here.always_open()
    request = await here.triaged(route)
    work = Work(here, request, route, version=await asked_at(here, request))
    await here.service.advance(timedelta(days=2, minutes=1))
    await here.service.fire_timers()
    assert await _not_taken_up(here) == 1
    return request, work


async def _not_taken_up(here: Neighbourhood) -> int:
    told = await here.service.published(RequestEscalated)
    return sum(event.data.why == "not_taken_up" for event in told)


@pytest.mark.parametrize("second", [*ROUTES, "relief", "department", "community"])
@pytest.mark.parametrize("first", [*ROUTES, "department"])
async def test_what_nobody_took_up_goes_another_way_with_new_times_and_a_new_deadline(
    here: Neighbourhood, first: str, second: str
) -> None:
    request, old = await _left_lying(here, first)
    seen = (await here.service.get(f"/requests/{request['id']}", by=here.worker)).json()
    assert seen["escalated"]
    again = await _call(
        here, request, "triage", here.worker, route=second, wanted_from="2031-01-01T01:00:00Z"
    )
    assert (again["state"], again["route"], again["escalated"]) == ("triaged", second, False)
    assert again["responded_at"] == seen["responded_at"], "it was looked at when it was triaged first"
    told = (await here.service.published(RequestTriaged))[-1]
    assert (told.data.route, told.data.wanted_from.year) == (second, 2031)
    await _all_of(old)
    assert await here.state(request["id"]) == "triaged"
    assert await _not_taken_up(here) == 1
    # Volunteers have until it is wanted, anybody else two days from now.
    await here.service.advance(timedelta(days=2000 if second == "volunteers" else 2, minutes=1))
    await here.service.fire_timers()
    assert await _not_taken_up(here) == 2
    assert await here.service.parked() == []


async def test_whoever_is_asked_is_left_the_time(here: Neighbourhood) -> None:
    """Of two workers who triage the same the second is told so, and what is in hand goes nowhere else."""
    request = await here.triaged("volunteers")
    work = Work(here, request, "volunteers", version=await asked_at(here, request))
    for stage, state in ((None, "triaged"), (work.taken_up, "assigned"), (work.begun, "in_progress")):
        if stage is not None:
            await stage()
        answer = await here.service.post(
            f"/requests/{request['id']}/triage", json={"route": "community"}, by=here.worker
        )
        assert (answer.status_code, answer.json()["state"]) == (409, state)
    assert len(await here.service.published(RequestTriaged)) == 1


async def test_what_was_left_lying_and_taken_up_after_all_goes_nowhere_else(here: Neighbourhood) -> None:
    request, work = await _left_lying(here, "volunteers")
    await work.taken_up()
    seen = (await here.service.get(f"/requests/{request['id']}", by=here.worker)).json()
    assert (seen["state"], seen["escalated"]) == ("assigned", False)
    answer = await here.service.post(f"/requests/{request['id']}/triage", json={}, by=here.worker)
    assert answer.status_code == 409


async def test_two_who_send_it_another_way_at_one_moment_ask_once(here: Neighbourhood) -> None:
    request, _ = await _left_lying(here, "paid_service")
    path = f"/requests/{request['id']}/triage"
    answers = await here.at_once(
        [request["id"]],
        [
            here.service.post(path, json={"route": route}, by=here.worker)
            for route in ("volunteers", "community")
        ],
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await here.service.published(RequestTriaged)) == 2


async def test_reopened_and_triaged_again_it_is_wanted_when_it_is_wanted_now(here: Neighbourhood) -> None:
    request = await here.triaged(
        "volunteers", wanted_from="2030-01-01T01:00:00Z", wanted_until="2030-01-01T02:00:00Z"
    )
    work = Work(here, request, "volunteers", version=await asked_at(here, request))
    await work.taken_up()
    await work.done()
    await _call(here, request, "reopen", here.resident)
    times = {"wanted_from": "2031-05-05T01:00:00Z", "wanted_until": "2031-05-05T05:00:00Z"}
    again = await _call(here, request, "triage", here.worker, route="volunteers", **times)
    assert {name: again[name] for name in times} == times
    told = (await here.service.published(RequestTriaged))[-1].data
    assert (told.wanted_from.month, told.wanted_until.hour) == (5, 5)


async def test_reopened_when_the_time_that_was_made_up_is_nearly_over_it_is_wanted_for_two_hours_again(
    here: Neighbourhood,
) -> None:
    await here.always_open()
    request = await here.triaged("volunteers")
    work = Work(here, request, "volunteers", version=await asked_at(here, request))
    await work.taken_up()
    await work.done()
    await here.service.advance(timedelta(minutes=115))
    await _call(here, request, "reopen", here.resident)
    again = await _call(here, request, "triage", here.worker, route="volunteers")
    told = (await here.service.published(RequestTriaged))[-1].data
    assert told.wanted_until - told.wanted_from == timedelta(hours=2)
    shown = [datetime.fromisoformat(again[name]) for name in ("wanted_from", "wanted_until")]
    assert shown == [told.wanted_from, told.wanted_until]
    for minutes, escalated in ((29, 0), (2, 1)):
        await here.service.advance(timedelta(minutes=minutes))
        await here.service.fire_timers()
        assert await _not_taken_up(here) == escalated


async def test_an_order_that_is_given_to_another_provider_is_theirs_and_no_longer_the_firsts(
    here: Neighbourhood,
) -> None:
    """And the other has the time to begin that the first had."""
    await here.always_open()
    request = await here.triaged("paid_service")
    order = Work(here, request, "paid_service", version=await asked_at(here, request))
    await order.taken_up()
    first, order.person = order.person, uuid4()
    await here.service.advance(timedelta(hours=3))
    for _ in range(2):
        await order.taken_up()
    given = [e.data for e in await here.service.published(RequestAssigned)]
    assert [(each.assignee_id, each.order_id) for each in given] == [
        (first, order.about["order_id"]),
        (order.person, order.about["order_id"]),
    ]
    shown = (await here.service.get(f"/requests/{request['id']}", by=here.worker)).json()
    assert (shown["state"], shown["assignee_id"]) == ("assigned", str(order.person))
    await here.service.advance(timedelta(hours=1, minutes=30))
    await here.service.fire_timers()
    assert [e for e in await here.service.published(RequestEscalated) if e.data.why == "not_begun"] == []
    await order.begun()
    assert await here.state(request["id"]) == "in_progress"
    assert await here.service.parked() == []
