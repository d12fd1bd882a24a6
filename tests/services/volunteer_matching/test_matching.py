"""Who is asked, who gets it, and what happens when they do not come."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from event_contracts.community_registry import UnitOpened
from event_contracts.resident_requests import RequestWithdrawn
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


async def test_two_accept_at_once_and_one_wins(here: Neighbourhood) -> None:
    callers = [await here.volunteer() for _ in range(3)]
    await here.needs_help()
    offers = [(await here.offers(caller))[0]["id"] for caller in callers]
    answers = await asyncio.gather(
        *(
            here.service.post(f"/offers/{offer}/accept", by=caller)
            for _ in range(5)
            for offer, caller in zip(offers, callers, strict=True)
        )
    )
    winners = {answer.json()["volunteer_id"] for answer in answers if answer.status_code == 200}
    assert len(winners) == 1
    assert sum(answer.status_code == 200 for answer in answers) == 1
    assert {answer.status_code for answer in answers} == {200, 409}
    assert len(await here.service.published(TaskAccepted)) == 1


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
    await here.needs_help(starts_in=timedelta(hours=6))
    first, second = await here.offers(only)
    assert (await here.service.post(f"/offers/{first['id']}/accept", by=only)).status_code == 200
    clash = await here.service.post(f"/offers/{second['id']}/accept", by=only)
    assert clash.status_code == 409
    assert clash.json()["task_id"] == first["task_id"]


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


async def test_expiry_and_accept_at_once_leave_one_outcome(here: Neighbourhood) -> None:
    volunteer = await here.volunteer()
    await here.needs_help()
    [offer] = await here.offers(volunteer)
    await here.service.advance(timedelta(minutes=30) - timedelta(seconds=1))
    accept, _ = await asyncio.gather(
        here.service.post(f"/offers/{offer['id']}/accept", by=volunteer), here.service.fire_timers()
    )
    accepted = await here.service.published(TaskAccepted)
    assert len(accepted) == (1 if accept.status_code == 200 else 0)


async def test_with_nobody_left_it_is_escalated_when_it_should_start(here: Neighbourhood) -> None:
    await here.needs_help(starts_in=timedelta(hours=1))
    await here.service.advance(timedelta(hours=1))
    await here.service.fire_timers()
    await here.service.fire_timers()
    assert len(await here.service.published(TaskEscalated)) == 1


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


async def test_a_withdrawn_request_cancels_its_task(here: Neighbourhood) -> None:
    volunteer = await here.volunteer()
    request_id = await here.needs_help()
    withdrawn = RequestWithdrawn(request_id=request_id, resident_id=here.resident.subject, unit_id=here.unit)
    await here.service.deliver("requests", withdrawn)
    assert await here.offers(volunteer) == []
    assert len(await here.service.published(TaskCancelled)) == 1
    await here.service.advance(timedelta(days=1))
    await here.service.fire_timers()
    assert not await here.service.published(TaskEscalated)


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
