"""What an automatic rule routes when it is filed: nobody has looked at it yet, and nobody is at work in the night."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from event_contracts.resident_requests import RequestEscalated, RequestTriaged

from .conftest import Neighbourhood
from .test_rounds import Work, asked_at

HERE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
OFFICE = ([(time(9), time(18))],) * 5


async def _by_itself(here: Neighbourhood, route: str) -> None:
    rule = {"priority": 10, "categories": ["errand"], "route": route, "auto": True}
    answer = await here.service.put(
        "/routing-rules/errands", json=rule, by=here.service.caller("operator"), headers={"If-Match": '"0"'}
    )
    assert answer.status_code == 200, answer.text


async def _read(here: Neighbourhood, request: Any) -> Any:
    return (await here.service.get(f"/requests/{request['id']}", by=here.worker)).json()


async def _missed(here: Neighbourhood) -> list[str]:
    told = await here.service.published(RequestEscalated)
    return [f"{e.data.why} {e.data.level}" for e in told if e.data.level != "worker"]


async def _night_of_friday(here: Neighbourhood) -> datetime:
    """It is 23:00, and Saturdays and Sundays nobody works."""
    await here.works(*OFFICE, [], [])
    async with here.service.tx() as tx:
        at = (await tx.fetchval("SELECT linli_now()")).astimezone(HERE)
    friday = at.date() + timedelta(days=(4 - at.weekday()) % 7 + 7)
    night = datetime.combine(friday, time(23), HERE)
    await here.service.advance(night - at)
    return night


@pytest.mark.parametrize("route", ["volunteers", "paid_service", "relief", "department", "community"])
async def test_nobody_has_looked_at_what_a_rule_routed_and_the_street_is_told_in_time(
    here: Neighbourhood, route: str
) -> None:
    await here.always_open()
    await _by_itself(here, route)
    request = await here.submit()
    assert (request["state"], request["responded_at"]) == ("triaged", None)
    await here.service.advance(4 * HOUR + timedelta(minutes=1))
    await here.service.fire_timers()
    assert await _missed(here) == ["response_overdue street"]
    assert (await _read(here, request))["time_left"]["response"] < 0


async def _taken_up(here: Neighbourhood, request: Any) -> None:
    await Work(here, request, "volunteers", version=await asked_at(here, request)).taken_up()


async def _posted(here: Neighbourhood, request: Any, verb: str, **body: Any) -> None:
    answer = await here.service.post(f"/requests/{request['id']}/{verb}", json=body or None, by=here.worker)
    assert answer.status_code in (200, 201), answer.text


async def _begun(here: Neighbourhood, request: Any) -> None:
    await _posted(here, request, "start")


async def _answered(here: Neighbourhood, request: Any) -> None:
    await _posted(here, request, "comments", words="明天上午来")


async def _sent_another_way(here: Neighbourhood, request: Any) -> None:
    await here.service.advance(timedelta(minutes=31))
    await here.service.fire_timers()
    await _posted(here, request, "triage", route="community")


@pytest.mark.parametrize("looks", [_taken_up, _begun, _answered, _sent_another_way])
async def test_whoever_takes_it_up_begins_or_answers_has_looked(here: Neighbourhood, looks: Any) -> None:
    await here.always_open()
    await _by_itself(here, "volunteers")
    request = await here.submit()
    await here.service.advance(HOUR)
    await looks(here, request)
    seen = await _read(here, request)
    assert seen["responded_at"] is not None
    await here.service.advance(5 * HOUR)
    await here.service.fire_timers()
    assert await _missed(here) == []
    assert (await _read(here, request))["responded_at"] == seen["responded_at"]


async def test_a_note_among_staff_and_a_word_of_the_resident_are_no_answer(here: Neighbourhood) -> None:
    await _by_itself(here, "volunteers")
    request = await here.submit()
    await _posted(here, request, "comments", words="家中有大狗", internal=True)
    said = await here.service.post(
        f"/requests/{request['id']}/comments", json={"words": "还没有人来"}, by=here.resident
    )
    assert said.status_code == 201
    assert (await _read(here, request))["responded_at"] is None


async def test_an_errand_of_the_night_is_wanted_and_taken_up_when_the_community_is_at_work(
    here: Neighbourhood,
) -> None:
    night = await _night_of_friday(here)
    await _by_itself(here, "volunteers")
    request = await here.submit()
    monday = datetime.combine(night.date() + timedelta(days=3), time(9), HERE)
    [triaged] = await here.service.published(RequestTriaged)
    assert (triaged.data.wanted_from, triaged.data.wanted_until) == (monday, monday + 2 * HOUR)
    for later, told in ((HOUR, 0), (monday - night - 2 * HOUR, 0), (HOUR + timedelta(minutes=31), 1)):
        await here.service.advance(later)
        await here.service.fire_timers()
        seen = await _read(here, request)
        assert seen["escalated"] == bool(told), later
    assert len(await here.service.published(RequestEscalated)) == 1


async def test_whoever_wants_it_in_the_night_has_it_in_the_night(here: Neighbourhood) -> None:
    night = await _night_of_friday(here)
    await _by_itself(here, "volunteers")
    wanted = {"wanted_from": night + HOUR, "wanted_until": night + 4 * HOUR}
    request = await here.submit(**{name: at.isoformat() for name, at in wanted.items()})
    [triaged] = await here.service.published(RequestTriaged)
    assert (triaged.data.wanted_from, triaged.data.wanted_until) == tuple(wanted.values())
    await here.service.advance(HOUR + timedelta(minutes=1))
    await here.service.fire_timers()
    assert (await _read(here, request))["escalated"]


async def test_others_than_volunteers_have_two_working_days_to_take_it_up(here: Neighbourhood) -> None:
    night = await _night_of_friday(here)
    await _by_itself(here, "department")
    request = await here.submit()
    tuesday = datetime.combine(night.date() + timedelta(days=4), time(14), HERE)
    for at, escalated in ((tuesday - timedelta(minutes=1), False), (tuesday + timedelta(minutes=1), True)):
        await here.service.advance(at - night)
        await here.service.fire_timers()
        assert (await _read(here, request))["escalated"] == escalated
        night = at
