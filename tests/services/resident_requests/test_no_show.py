"""Somebody took a request up and does not come: its worker is told once, and sends it another way or begins."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.paid_services import OrderAssigned
from event_contracts.resident_requests import RequestEscalated, RequestTriaged
from event_contracts.volunteer_matching import TaskEscalated

from .conftest import Neighbourhood
from .test_rounds import ROUTES, Work, asked_at

HOUR = timedelta(hours=1)


async def _taken_up(here: Neighbourhood, route: str) -> tuple[Any, Work]:
    """Wanted for two hours from now on."""
    await here.always_open()
    request = await here.triaged(route)
    work = Work(here, request, route, version=await asked_at(here, request))
    await work.taken_up()
    return request, work


async def _passes(here: Neighbourhood, time: timedelta) -> list[tuple[str, str]]:
    """Why whom was told until then that nobody takes it up or comes."""
    await here.service.advance(time)
    await here.service.fire_timers()
    await here.service.fire_timers()
    told = [e.data for e in await here.service.published(RequestEscalated)]
    return [(each.why, each.level) for each in told if each.level == "worker"]


async def _call(here: Neighbourhood, request: Any, verb: str, **body: Any) -> Any:
    return await here.service.post(f"/requests/{request['id']}/{verb}", json=body or None, by=here.worker)


async def _read(here: Neighbourhood, request: Any) -> Any:
    return (await here.service.get(f"/requests/{request['id']}", by=here.worker)).json()


@pytest.mark.parametrize("route", ROUTES)
async def test_the_worker_is_told_once_and_in_time(here: Neighbourhood, route: str) -> None:
    request, _ = await _taken_up(here, route)
    assert await _passes(here, 4 * HOUR - timedelta(minutes=2)) == []
    assert await _passes(here, timedelta(minutes=4)) == [("not_begun", "worker")]
    seen = await _read(here, request)
    assert (seen["state"], seen["escalated"]) == ("assigned", True)
    assert await _passes(here, timedelta(days=30)) == [("not_begun", "worker")]


@pytest.mark.parametrize("second", [*ROUTES, "community"])
@pytest.mark.parametrize("first", ROUTES)
async def test_it_goes_another_way_and_whoever_did_not_come_moves_it_no_more(
    here: Neighbourhood, first: str, second: str
) -> None:
    request, old = await _taken_up(here, first)
    refused = await _call(here, request, "triage", route=second)
    assert (refused.status_code, refused.json()["state"]) == (409, "assigned"), "they are left the time"
    await _passes(here, 5 * HOUR)
    again = (await _call(here, request, "triage", route=second)).json()
    assert (again["state"], again["route"], again["assignee_id"]) == ("triaged", second, None)
    assert not again["escalated"]
    assert len(await here.service.published(RequestTriaged)) == 2
    for late in (old.begun, old.given_back, old.done):
        await late()
    assert await here.state(request["id"]) == "triaged"
    if second in ROUTES:
        new = Work(here, request, second, version=await asked_at(here, request))
        await new.taken_up()
        assert await _passes(here, 5 * HOUR) == [("not_begun", "worker")] * 2
    assert await here.service.parked() == []


@pytest.mark.parametrize("route", ROUTES)
async def test_or_the_worker_begins(here: Neighbourhood, route: str) -> None:
    request, work = await _taken_up(here, route)
    await _passes(here, 5 * HOUR)
    begun = (await _call(here, request, "start")).json()
    them = str(here.worker.subject)
    assert (begun["state"], begun["escalated"], begun["assignee_id"]) == ("in_progress", False, them)
    await work.done()
    assert await here.state(request["id"]) == "in_progress"


@pytest.mark.parametrize("route", ROUTES)
async def test_whoever_comes_late_after_all_begins_and_ends(here: Neighbourhood, route: str) -> None:
    request, work = await _taken_up(here, route)
    await _passes(here, 5 * HOUR)
    await work.begun()
    seen = await _read(here, request)
    assert (seen["state"], seen["escalated"]) == ("in_progress", False)
    await work.done()
    assert await here.state(request["id"]) == "resolved"


@pytest.mark.parametrize("route", ROUTES)
async def test_of_what_was_begun_or_done_in_time_nobody_is_told(here: Neighbourhood, route: str) -> None:
    _, begun = await _taken_up(here, route)
    await begun.begun()
    _, done = await _taken_up(here, route)
    await done.done()
    withdrawn, _ = await _taken_up(here, route)
    await here.service.post(f"/requests/{withdrawn['id']}/withdraw", by=here.resident)
    assert await _passes(here, timedelta(days=3)) == []
    assert await here.service.parked() == []


async def test_what_was_said_before_somebody_took_it_up_is_not_about_whoever_did(here: Neighbourhood) -> None:
    request, work = await _taken_up(here, "volunteers")
    await here.service.deliver("tasks", TaskEscalated(**work.about))
    assert await _passes(here, HOUR) == []
    assert not (await _read(here, request))["escalated"]


async def test_given_back_it_waits_for_another_and_the_worker_is_told_of_that_one_as_well(
    here: Neighbourhood,
) -> None:
    request, work = await _taken_up(here, "volunteers")
    await _passes(here, 5 * HOUR)
    await work.given_back()
    seen = await _read(here, request)
    assert (seen["state"], seen["escalated"]) == ("triaged", True), "and nobody was left to ask"
    await work.taken_up()
    told = [("not_begun", "worker"), ("not_taken_up", "worker")]
    assert await _passes(here, timedelta(minutes=90)) == told
    assert await _passes(here, HOUR) == [*told, ("not_begun", "worker")]


async def test_a_provider_is_expected_when_their_order_begins(here: Neighbourhood) -> None:
    """The resident booked another time than the one that was wanted first."""
    await here.always_open()
    request = await here.triaged("paid_service")
    starts_at = datetime.now(UTC) + timedelta(days=3)
    order = OrderAssigned(
        order_id=uuid4(), resident_id=here.resident.subject, unit_id=here.unit, service="bath_help",
        request_id=UUID(request["id"]), request_version=await asked_at(here, request), provider_id=uuid4(),
        person_id=uuid4(), starts_at=starts_at,
    )  # fmt: skip
    await here.service.deliver("orders", order)
    assert await _passes(here, timedelta(days=3, hours=1)) == []
    assert await _passes(here, timedelta(hours=2)) == [("not_begun", "worker")]
