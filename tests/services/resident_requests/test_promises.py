"""What is promised when a request is filed, what happens when it is missed, and that waiting for the resident costs nobody time."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from event_contracts.community_registry import UnitOpened, WorkCalendarSet, WorkDay, WorkSpan
from event_contracts.resident_requests import RequestAwaitsResident, RequestEscalated, RequestWentOn

from .conftest import Neighbourhood

ALL_DAY = (WorkSpan(opens=time(0), closes=time(23, 59, 59)),)
HOUR = timedelta(hours=1)


async def _missed(here: Neighbourhood) -> list[tuple[str, str]]:
    return [(e.data.why, e.data.level) for e in await here.service.published(RequestEscalated)]


async def _read(here: Neighbourhood, request: Any) -> Any:
    answer = await here.service.get(f"/requests/{request['id']}", by=here.worker)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _hours(request: Any, by: str) -> float:
    passed = datetime.fromisoformat(request[by]) - datetime.fromisoformat(request["occurred_at"])
    return passed / HOUR


async def test_what_is_promised_is_the_categorys_in_the_working_time_of_the_unit(here: Neighbourhood) -> None:
    """Help by volunteers: 4 hours until somebody looks, 24 until it is done."""
    await here.always_open()
    request = await here.submit()
    assert _hours(request, "respond_by") == pytest.approx(4, abs=0.01)
    assert _hours(request, "resolve_by") == pytest.approx(24, abs=0.01)
    left = (await _read(here, request))["time_left"]
    assert (left["response"], left["resolution"]) in [(239, 1439), (240, 1440), (239, 1440)]


async def test_the_usual_hours_hold_where_nobody_has_said_any(here: Neighbourhood) -> None:
    """Monday to Friday, 9 to 12 and 14 to 18: four hours end in the office's time."""
    request = await here.submit()
    by = datetime.fromisoformat(request["respond_by"]).astimezone(UTC) + timedelta(hours=8)
    assert time(9) <= by.time() <= time(12) or time(14) <= by.time() <= time(18)


async def test_the_nearest_unit_above_that_has_said_its_hours_says_them_for_those_below(
    here: Neighbourhood,
) -> None:
    street, neighbour = uuid4(), uuid4()
    for unit, code in ((street, "01/02"), (neighbour, "01/02/00")):
        await here.service.deliver(
            "registry_replica",
            UnitOpened(
                unit_id=unit, parent_id=None, kind="street", code=code, name="x", zone="Asia/Shanghai"
            ),
        )
    never = WorkCalendarSet(
        unit_id=neighbour,
        hours=((WorkSpan(opens=time(3), closes=time(3, 1)),),) + ((),) * 6,
        days=(),
        country=None,
    )
    await here.service.deliver("registry_replica", never)
    await here.always_open(street)
    assert _hours(await here.submit(), "respond_by") == pytest.approx(4, abs=0.01)


async def test_a_promise_stands_when_the_calendar_changes(here: Neighbourhood) -> None:
    await here.always_open()
    request = await here.submit()
    today = datetime.now(UTC).date()
    off = tuple(WorkDay(on=today + timedelta(days=number), spans=()) for number in range(-1, 30))
    await here.service.deliver(
        "registry_replica", WorkCalendarSet(unit_id=here.unit, hours=(ALL_DAY,) * 7, days=off, country=None)
    )
    again = await _read(here, request)
    assert again["respond_by"] == request["respond_by"]
    later = await here.submit()
    assert _hours(later, "respond_by") > 24 * 25


async def test_a_missed_answer_goes_to_the_street_and_then_to_the_district_once_each(
    here: Neighbourhood,
) -> None:
    await here.always_open()
    await here.submit()
    await here.service.advance(4 * HOUR - timedelta(minutes=1))
    await here.service.fire_timers()
    assert await _missed(here) == []
    await here.service.advance(2 * timedelta(minutes=1))
    # Two workers look at once, and again.
    await asyncio.gather(*(here.service.fire_timers() for _ in range(4)))
    assert await _missed(here) == [("response_overdue", "street")]
    await here.service.advance(8 * HOUR)
    await asyncio.gather(*(here.service.fire_timers() for _ in range(4)))
    await here.service.fire_timers()
    assert await _missed(here) == [("response_overdue", "street"), ("response_overdue", "district")]


async def test_whoever_comes_late_by_days_is_told_everything_once_and_in_order(here: Neighbourhood) -> None:
    """The worker stood still meanwhile."""
    await here.always_open()
    await here.submit()
    await here.service.advance(timedelta(days=9))
    for _ in range(3):
        await here.service.fire_timers()
    assert await _missed(here) == [
        ("response_overdue", "street"), ("response_overdue", "district"),
        ("resolution_overdue", "street"), ("resolution_overdue", "district"),
    ]  # fmt: skip


async def test_an_answer_in_time_leaves_the_other_promise(here: Neighbourhood) -> None:
    await here.always_open()
    request = await here.triaged(route="department")
    await here.service.advance(timedelta(days=3))
    await here.service.fire_timers()
    missed = [each for each in await _missed(here) if each[0] != "not_taken_up"]
    assert missed == [("resolution_overdue", "street"), ("resolution_overdue", "district")]
    assert (await _read(here, request))["time_left"]["response"] in (239, 240)


async def test_what_is_done_or_no_longer_wanted_is_missed_no_more(here: Neighbourhood) -> None:
    await here.always_open()
    done, dropped = await here.triaged(route="community"), await here.submit()
    for verb in ("start", "resolve"):
        await here.service.post(f"/requests/{done['id']}/{verb}", by=here.worker)
    await here.service.post(f"/requests/{dropped['id']}/withdraw", by=here.resident)
    await here.service.advance(timedelta(days=3))
    await here.service.fire_timers()
    assert await _missed(here) == []


async def test_one_that_is_reopened_is_promised_anew_and_can_be_missed_anew(here: Neighbourhood) -> None:
    await here.always_open()
    request = await here.submit()
    await here.service.advance(5 * HOUR)
    await here.service.fire_timers()
    for verb, body in (("triage", {"route": "community"}), ("start", None), ("resolve", None)):
        await here.service.post(f"/requests/{request['id']}/{verb}", json=body, by=here.worker)
    again = (await here.service.post(f"/requests/{request['id']}/reopen", by=here.resident)).json()
    assert _hours(again, "respond_by") == pytest.approx(9, abs=0.01)
    await here.service.advance(5 * HOUR)
    await here.service.fire_timers()
    assert await _missed(here) == [("response_overdue", "street")] * 2


async def _asked(here: Neighbourhood) -> Any:
    request = await here.triaged(route="community")
    await here.service.post(f"/requests/{request['id']}/start", by=here.worker)
    answer = await here.service.post(
        f"/requests/{request['id']}/ask", json={"words": "在几号楼?"}, by=here.worker
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "awaiting_resident"
    return answer.json()


@pytest.mark.parametrize("by", ["resident", "daughter", "worker"])
async def test_while_the_resident_is_asked_the_clock_stands_still(here: Neighbourhood, by: str) -> None:
    """A worker writes down what was said by phone."""
    await here.always_open()
    request = await _asked(here)
    await here.service.advance(timedelta(days=3))
    await here.service.fire_timers()
    waiting = await _read(here, request)
    assert waiting["time_left"]["resolution"] in (1438, 1439, 1440)
    answer = await here.service.post(
        f"/requests/{request['id']}/answer", json={"words": "3号楼"}, by=getattr(here, by)
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "in_progress")
    assert _hours(answer.json(), "resolve_by") == pytest.approx(24 + 72, abs=0.02)
    assert [e.data.by for e in await here.service.published(RequestWentOn)] == ["answer"]
    assert len(await here.service.published(RequestAwaitsResident)) == 1
    assert await _missed(here) == []
    await here.service.advance(24 * HOUR + timedelta(minutes=1))
    await here.service.fire_timers()
    assert await _missed(here) == [("resolution_overdue", "street")]


async def test_a_question_that_nobody_answers_does_not_keep_it_for_ever(here: Neighbourhood) -> None:
    await here.always_open()
    request = await _asked(here)
    await here.service.advance(timedelta(days=7))
    await here.service.fire_timers()
    await here.service.fire_timers()
    assert await here.state(request["id"]) == "in_progress"
    assert [e.data.by for e in await here.service.published(RequestWentOn)] == ["silence"]
    late = await here.service.post(f"/requests/{request['id']}/answer", json={"words": "x"}, by=here.resident)
    assert late.status_code == 409


async def test_only_what_is_being_done_waits_for_an_answer(here: Neighbourhood) -> None:
    request = await here.submit()
    answer = await here.service.post(f"/requests/{request['id']}/ask", json={"words": "?"}, by=here.worker)
    assert (answer.status_code, answer.json()["state"]) == (409, "submitted")
    assert (await here.service.get(f"/requests/{request['id']}/comments", by=here.worker)).json()[
        "items"
    ] == []


async def test_the_list_says_the_same_time_as_the_request(here: Neighbourhood) -> None:
    await here.always_open()
    request = await here.submit()
    await here.service.advance(6 * HOUR)
    [listed] = (await here.service.get("/requests", by=here.worker)).json()["items"]
    alone = (await _read(here, request))["time_left"]
    assert listed["time_left"]["response"] == pytest.approx(alone["response"], abs=1)
    assert listed["time_left"]["response"] in (-121, -120)


async def test_what_is_wanted_later_is_promised_from_then_and_missed_no_sooner(here: Neighbourhood) -> None:
    await here.always_open()
    request = await here.submit(wanted_from=(datetime.now(UTC) + timedelta(days=10)).isoformat())
    assert _hours(request, "respond_by") == pytest.approx(4, abs=0.01)
    assert _hours(request, "resolve_by") == pytest.approx(240 + 24, abs=0.01)
    assert (await _read(here, request))["time_left"]["resolution"] == 1440
    await here.service.post(f"/requests/{request['id']}/triage", json={"route": "community"}, by=here.worker)
    await here.service.advance(timedelta(days=11) - timedelta(minutes=1))
    await here.service.fire_timers()
    assert [each for each in await _missed(here) if each[0] != "not_taken_up"] == []
    await here.service.advance(timedelta(minutes=2))
    await here.service.fire_timers()
    assert ("resolution_overdue", "street") in await _missed(here)


async def test_whoever_puts_the_wanted_time_right_moves_what_is_promised(here: Neighbourhood) -> None:
    await here.always_open()
    request = await here.submit()
    for version, days, hours in ((1, 10, 264), (3, 3, 96), (4, None, 24)):
        wanted = None if days is None else (datetime.now(UTC) + timedelta(days=days)).isoformat()
        answer = await here.service.patch(
            f"/requests/{request['id']}",
            json={"wanted_from": wanted},
            by=here.resident,
            headers={"If-Match": f'"{version}"'},
        )
        assert answer.status_code == 200, answer.text
        assert _hours(answer.json(), "resolve_by") == pytest.approx(hours, abs=0.02)
        assert answer.json()["respond_by"] == request["respond_by"]
        if version == 1:
            # Somebody has answered: the timer goes on to the tenth day, and must come back.
            said = {"words": "好的"}
            await here.service.post(f"/requests/{request['id']}/comments", json=said, by=here.worker)
            await here.service.advance(5 * HOUR)
            await here.service.fire_timers()
    await here.service.advance(20 * HOUR)
    await here.service.fire_timers()
    assert await _missed(here) == [("resolution_overdue", "street")]


async def test_what_was_asked_before_it_is_wanted_takes_no_time_and_gives_none(here: Neighbourhood) -> None:
    await here.always_open()
    request = await here.submit(wanted_from=(datetime.now(UTC) + timedelta(days=10)).isoformat())
    for verb, body in (("triage", {"route": "community"}), ("start", None), ("ask", {"words": "几点?"})):
        await here.service.post(f"/requests/{request['id']}/{verb}", json=body, by=here.worker)
    await here.service.advance(timedelta(days=3))
    answer = await here.service.post(
        f"/requests/{request['id']}/answer", json={"words": "九点"}, by=here.resident
    )
    assert _hours(answer.json(), "resolve_by") == pytest.approx(264, abs=0.02)


async def test_a_time_that_staff_say_puts_nothing_off_also_when_it_is_reopened(here: Neighbourhood) -> None:
    await here.always_open()
    planned = (datetime.now(UTC) + timedelta(days=60)).isoformat()
    request = await here.triaged("community", wanted_from=planned)
    for verb, by in (("start", here.worker), ("resolve", here.worker), ("reopen", here.resident)):
        answer = await here.service.post(f"/requests/{request['id']}/{verb}", by=by)
        assert answer.status_code == 200, answer.text
    again = answer.json()
    assert _hours(again, "resolve_by") == pytest.approx(24, abs=0.02)
    assert (again["wanted_from"], again["wanted_until"]) == (None, None)
    await here.service.advance(timedelta(days=3))
    await here.service.fire_timers()
    await here.service.fire_timers()
    assert await _missed(here) == [
        ("response_overdue", "street"), ("response_overdue", "district"),
        ("resolution_overdue", "street"), ("resolution_overdue", "district"),
    ]  # fmt: skip


async def test_what_the_resident_said_stands_beside_what_is_planned(here: Neighbourhood) -> None:
    """And holds again, with its promise, when it comes back before."""
    await here.always_open()
    wanted, planned = ((datetime.now(UTC) + timedelta(days=days)).isoformat() for days in (10, 60))
    request = await here.submit(wanted_from=wanted)
    for verb, body, by, holds in (
        ("triage", {"route": "community", "wanted_from": planned}, here.worker, planned),
        ("start", None, here.worker, planned),
        ("resolve", None, here.worker, planned),
        ("reopen", None, here.resident, wanted),
        ("triage", {"route": "community"}, here.worker, wanted),
    ):
        answer = await here.service.post(f"/requests/{request['id']}/{verb}", json=body, by=by)
        assert answer.status_code == 200, answer.text
        for shown in (answer.json(), await _read(here, request)):
            assert datetime.fromisoformat(shown["wanted_from"]) == datetime.fromisoformat(holds), verb
        assert _hours(answer.json(), "resolve_by") == pytest.approx(264, abs=0.02)


async def test_a_promise_that_is_missed_by_what_was_put_right_is_told_at_once_and_once(
    here: Neighbourhood,
) -> None:
    await here.always_open()
    request = await here.submit(wanted_from=(datetime.now(UTC) + timedelta(days=40)).isoformat())
    await here.service.advance(timedelta(days=5))
    await here.service.fire_timers()
    early = [("response_overdue", "street"), ("response_overdue", "district")]
    assert await _missed(here) == early
    answer = await here.service.patch(
        f"/requests/{request['id']}",
        json={"wanted_from": None},
        by=here.resident,
        headers={"If-Match": f'"{(await _read(here, request))["version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    assert _hours(answer.json(), "resolve_by") == pytest.approx(24, abs=0.02)
    for _ in range(2):
        await asyncio.gather(*(here.service.fire_timers() for _ in range(2)))
        late = [("resolution_overdue", "street"), ("resolution_overdue", "district")]
        assert await _missed(here) == early + late
        async with here.service.tx() as tx:
            assert not await tx.fetch("SELECT FROM timer WHERE kind = 'promise'"), "everybody knows by now"
        await here.service.advance(timedelta(days=20))


async def test_what_was_missed_just_before_the_resident_was_asked_is_told_when_it_goes_on(
    here: Neighbourhood,
) -> None:
    """The question came between the deadline and its timer, which found nothing that runs."""
    await here.always_open()
    request = await here.triaged(route="community")
    await here.service.post(f"/requests/{request['id']}/start", by=here.worker)
    await here.service.advance(25 * HOUR)
    asked = await here.service.post(f"/requests/{request['id']}/ask", json={"words": "?"}, by=here.worker)
    assert asked.status_code == 200, asked.text
    await here.service.fire_timers()
    assert await _missed(here) == []
    said = await here.service.post(f"/requests/{request['id']}/answer", json={"words": "x"}, by=here.resident)
    assert said.status_code == 200, said.text
    await here.service.fire_timers()
    assert await _missed(here) == [("resolution_overdue", "street")]
    await here.service.advance(9 * HOUR)
    await here.service.fire_timers()
    assert await _missed(here) == [("resolution_overdue", "street"), ("resolution_overdue", "district")]
