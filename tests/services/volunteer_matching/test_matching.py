"""Who is asked, who gets it, and what happens when they do not come."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import cycle, islice
from uuid import UUID, uuid4

import pytest

from event_contracts.community_registry import UnitOpened
from event_contracts.volunteer_matching import (
    TaskAccepted,
    TaskCancelled,
    TaskConfirmed,
    TaskDone,
    TaskEscalated,
    TaskOffered,
    TaskOpened,
    TaskReopened,
)

from .conftest import Neighbourhood


async def test_a_triaged_request_becomes_a_task_offered_to_three(here: Neighbourhood) -> None:
    able = [await here.volunteer("errand") for _ in range(4)]
    await here.volunteer("repair")
    request_id = await here.needs_help()
    [opened] = await here.service.published(TaskOpened)
    assert opened.data.request_id == request_id
    [offered] = await here.service.published(TaskOffered)
    assert (opened.version, offered.version) == (1, 2)
    asked = {offer.person_id for offer in offered.data.offers}
    assert len(asked) == 3
    assert asked < {caller.subject for caller in able}


async def test_fifty_accept_at_once_and_one_wins(here: Neighbourhood) -> None:
    callers = [await here.volunteer() for _ in range(3)]
    await here.needs_help()
    offers = [(await here.offers(caller))[0] for caller in callers]
    accepts = [
        here.service.post(f"/offers/{offer['id']}/accept", by=caller)
        for offer, caller in islice(cycle(zip(offers, callers, strict=True)), 50)
    ]
    answers = await here.at_once("task", UUID(offers[0]["task_id"]), accepts)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}
    [winner] = [answer.json()["volunteer_id"] for answer in answers if answer.status_code == 200]
    [accepted] = await here.service.published(TaskAccepted)
    assert str(accepted.data.volunteer_id) == winner


async def test_the_losers_offer_disappears_and_says_why(here: Neighbourhood) -> None:
    first, second = await here.volunteer(), await here.volunteer()
    await here.needs_help()
    offers = [(await here.offers(caller))[0]["id"] for caller in (first, second)]
    assert (await here.service.post(f"/offers/{offers[0]}/accept", by=first)).status_code == 200
    late = await here.service.post(f"/offers/{offers[1]}/accept", by=second)
    assert late.status_code == 409
    assert late.json()["type"] == "/problems/task-taken"
    assert late.json()["detail"] == "已被他人接单。"
    assert await here.offers(second) == []


async def test_nobody_accepts_another_persons_offer(here: Neighbourhood) -> None:
    asked = await here.volunteer()
    await here.needs_help()
    [offer] = await here.offers(asked)
    stranger = here.service.caller("volunteer")
    assert (await here.service.post(f"/offers/{offer['id']}/accept", by=stranger)).status_code == 404
    assert (await here.service.post(f"/offers/{uuid4()}/accept", by=stranger)).status_code == 404
    assert (await here.service.get(f"/tasks/{offer['task_id']}", by=stranger)).status_code == 404


async def test_overlapping_commitments_are_refused(here: Neighbourhood) -> None:
    only = await here.volunteer()
    await here.needs_help()
    await here.needs_help(starts_in=timedelta(hours=4))
    first, second = await here.offers(only)
    assert (await here.service.post(f"/offers/{first['id']}/accept", by=only)).status_code == 200
    clash = await here.service.post(f"/offers/{second['id']}/accept", by=only)
    assert clash.status_code == 409
    assert clash.json()["task_id"] == first["task_id"]


async def test_one_person_accepts_overlapping_tasks_at_once_and_gets_one(here: Neighbourhood) -> None:
    only = await here.volunteer()
    for _ in range(3):
        await here.needs_help()
    volunteer = (await here.service.get("/volunteers/me", by=only)).json()
    accepts = [
        here.service.post(f"/offers/{offer['id']}/accept", by=only) for offer in await here.offers(only)
    ]
    answers = await here.at_once("volunteer", UUID(volunteer["id"]), accepts)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 2}
    [held] = [answer.json()["id"] for answer in answers if answer.status_code == 200]
    clashes = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(clash["type"], clash["task_id"]) for clash in clashes} == {("/problems/time-clash", held)}


async def test_when_all_decline_the_next_are_asked(here: Neighbourhood) -> None:
    first = await here.volunteer()
    await here.needs_help()
    [offer] = await here.offers(first)
    next_one = await here.volunteer()
    assert await here.offers(next_one) == []
    await here.service.post(f"/offers/{offer['id']}/decline", by=first)
    assert [o["task_id"] for o in await here.offers(next_one)] == [offer["task_id"]]
    assert await here.offers(first) == []
    again = await here.service.post(f"/offers/{offer['id']}/accept", by=first)
    assert again.status_code == 409


async def test_an_offer_expires_and_the_next_are_asked(here: Neighbourhood) -> None:
    first = await here.volunteer()
    await here.needs_help()
    [offer] = await here.offers(first)
    second = await here.volunteer()
    await here.service.advance(timedelta(minutes=31))
    assert await here.offers(first) == []
    late = await here.service.post(f"/offers/{offer['id']}/accept", by=first)
    assert late.status_code == 409
    await here.service.fire_timers()
    assert len(await here.offers(second)) == 1
    [reopened] = await here.service.published(TaskReopened)
    assert reopened.data.why == "expired"


@pytest.mark.parametrize("before", [timedelta(milliseconds=ms) for ms in (300, 60, 20, 0)])
async def test_expiry_and_accept_at_once_leave_one_outcome(here: Neighbourhood, before: timedelta) -> None:
    volunteer = await here.volunteer()
    await here.needs_help()
    [offer] = await here.offers(volunteer)
    await here.service.advance(timedelta(minutes=30) - before)
    accept, _ = await asyncio.gather(
        here.service.post(f"/offers/{offer['id']}/accept", by=volunteer), here.service.fire_timers()
    )
    await here.service.advance(timedelta(minutes=1))
    await here.service.fire_timers()
    won = accept.status_code == 200
    assert won or accept.status_code == 409
    assert len(await here.service.published(TaskAccepted)) == won
    assert len(await here.service.published(TaskReopened)) == (not won)


async def test_with_nobody_left_it_is_escalated_when_it_should_start(here: Neighbourhood) -> None:
    await here.needs_help(starts_in=timedelta(hours=1))
    await here.service.advance(timedelta(hours=1))
    await here.service.fire_timers()
    await here.service.fire_timers()
    assert len(await here.service.published(TaskEscalated)) == 1


async def test_help_wanted_at_once_is_offered_before_it_is_escalated(here: Neighbourhood) -> None:
    volunteer = await here.volunteer()
    await here.needs_help(starts_in=timedelta(0))
    await here.service.fire_timers()
    [offer] = await here.offers(volunteer)
    assert not await here.service.published(TaskEscalated)
    assert (await here.service.post(f"/offers/{offer['id']}/accept", by=volunteer)).status_code == 200
    await here.service.advance(timedelta(minutes=31))
    await here.service.fire_timers()
    assert not await here.service.published(TaskEscalated)


async def test_help_wanted_at_once_is_escalated_after_one_round(here: Neighbourhood) -> None:
    await here.volunteer()
    await here.needs_help(starts_in=timedelta(0))
    await here.service.advance(timedelta(minutes=31))
    await here.service.fire_timers()
    assert len(await here.service.published(TaskEscalated)) == 1
    assert len(await here.service.published(TaskOffered)) == 1


async def test_who_becomes_free_is_asked_for_what_is_still_open(here: Neighbourhood) -> None:
    busy = await here.volunteer()
    first = await here.needs_help()
    [offer] = await here.offers(busy)
    await here.service.post(f"/offers/{offer['id']}/accept", by=busy)
    await here.needs_help()
    assert await here.offers(busy) == []
    await here.service.deliver("requests", here.withdrawn(first))
    await here.service.advance(timedelta(minutes=11))
    await here.service.fire_timers()
    assert len(await here.offers(busy)) == 1


async def test_a_volunteer_who_comes_later_is_offered_what_is_open(here: Neighbourhood) -> None:
    await here.needs_help()
    late = await here.volunteer()
    assert len(await here.offers(late)) == 1


async def test_who_steps_back_is_not_asked_again(here: Neighbourhood) -> None:
    first = await here.volunteer()
    await here.needs_help()
    [offer] = await here.offers(first)
    second = await here.volunteer()
    await here.service.post(f"/offers/{offer['id']}/accept", by=first)
    stepped = await here.service.post(f"/tasks/{offer['task_id']}/cancel", by=first)
    assert stepped.status_code == 200
    assert await here.offers(first) == []
    assert len(await here.offers(second)) == 1
    reasons = [event.data.why for event in await here.service.published(TaskReopened)]
    assert reasons == ["stepped_back"]


async def test_who_was_second_is_asked_again_when_the_first_steps_back(here: Neighbourhood) -> None:
    first, second = await here.volunteer(), await here.volunteer()
    await here.needs_help()
    [offer], [missed] = await here.offers(first), await here.offers(second)
    await here.service.post(f"/offers/{offer['id']}/accept", by=first)
    await here.service.post(f"/tasks/{offer['task_id']}/cancel", by=first)
    [again] = await here.offers(second)
    assert again["task_id"] == offer["task_id"]
    assert (await here.service.post(f"/offers/{missed['id']}/accept", by=second)).status_code == 409
    assert (await here.service.post(f"/offers/{again['id']}/accept", by=second)).status_code == 200


async def test_only_confirmed_minutes_count(here: Neighbourhood) -> None:
    volunteer = await here.volunteer()
    await here.needs_help()
    [offer] = await here.offers(volunteer)
    task = f"/tasks/{offer['task_id']}"
    await here.service.post(f"/offers/{offer['id']}/accept", by=volunteer)
    await here.service.post(f"{task}/check-in", by=volunteer)
    await here.service.advance(timedelta(minutes=45))
    done = await here.service.post(f"{task}/check-out", by=volunteer)
    assert done.json()["state"] == "done"
    assert 45 <= done.json()["minutes"] <= 46
    hours = (await here.service.get("/volunteers/me/hours", by=volunteer)).json()
    assert hours == {"confirmed_minutes": 0, "confirmed_tasks": 0}
    assert (await here.service.post(f"{task}/confirm", by=here.service.caller("resident"))).status_code == 404
    assert (await here.service.post(f"{task}/confirm", by=here.resident)).status_code == 200
    hours = (await here.service.get("/volunteers/me/hours", by=volunteer)).json()
    assert hours == {"confirmed_minutes": done.json()["minutes"], "confirmed_tasks": 1}
    assert [event.version for event in await here.service.published(TaskDone, TaskConfirmed)] == [5, 6]


@pytest.mark.parametrize("over", ["withdrawn", "merged"])
async def test_a_request_that_is_over_cancels_its_task(here: Neighbourhood, over: str) -> None:
    volunteer = await here.volunteer()
    request_id = await here.needs_help()
    await here.service.deliver("requests", getattr(here, over)(request_id))
    assert await here.offers(volunteer) == []
    assert len(await here.service.published(TaskCancelled)) == 1
    await here.service.advance(timedelta(days=1))
    await here.service.fire_timers()
    assert not await here.service.published(TaskEscalated)


async def test_a_withdrawn_request_takes_its_escalated_task_off_the_list(here: Neighbourhood) -> None:
    request_id = await here.needs_help(starts_in=timedelta(hours=1))
    await here.service.advance(timedelta(hours=1))
    await here.service.fire_timers()
    await here.service.deliver("requests", here.withdrawn(request_id))
    worker = here.service.caller("worker", posts=[("worker", here.unit, "01/02/003")])
    assert (await here.service.get("/tasks?state=escalated", by=worker)).json()["items"] == []
    assert len(await here.service.published(TaskCancelled)) == 1


async def test_a_request_triaged_again_after_its_task_was_done_is_a_new_task(here: Neighbourhood) -> None:
    volunteer = await here.volunteer()
    request_id = await here.needs_help()
    [offer] = await here.offers(volunteer)
    await here.service.post(f"/offers/{offer['id']}/accept", by=volunteer)
    for step in ("check-in", "check-out"):
        await here.service.post(f"/tasks/{offer['task_id']}/{step}", by=volunteer)
    await here.needs_help(request_id=request_id)
    assert len(await here.service.published(TaskOpened)) == 2
    assert len(await here.offers(volunteer)) == 1


async def test_staff_see_the_tasks_of_their_units_only(here: Neighbourhood) -> None:
    await here.needs_help()
    [opened] = await here.service.published(TaskOpened)
    for code, status in (("01/02", 200), ("01/02/003", 200), ("01/02/00", 404), ("01/03", 404)):
        staff = here.service.caller("street", posts=[("street", here.unit, code)])
        assert (await here.service.get(f"/tasks/{opened.data.task_id}", by=staff)).status_code == status
        listed = (await here.service.get("/tasks", by=staff)).json()["items"]
        assert len(listed) == (status == 200)


async def test_a_person_is_one_volunteer(here: Neighbourhood) -> None:
    volunteer = await here.volunteer()
    again = await here.service.post("/volunteers", json={"skills": ["errand"]}, by=volunteer)
    assert again.status_code == 409


async def test_an_event_before_its_unit_waits_and_heals(here: Neighbourhood) -> None:
    nowhere = Neighbourhood(here.service, uuid4(), here.resident)
    await nowhere.needs_help()
    assert len(await here.service.parked()) == 1
    await here.service.deliver(
        "registry_replica",
        UnitOpened(unit_id=nowhere.unit, parent_id=None, kind="community", code="09", name="x", zone="UTC"),
    )
    await here.service.retry_parked()
    assert await here.service.parked() == []
    assert len(await here.service.published(TaskOpened)) == 1
