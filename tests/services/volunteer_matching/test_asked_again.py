"""Help that is wanted much later is not asked for in the night alone, and who slept is asked again before a worker must find somebody."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from event_contracts.volunteer_matching import TaskAccepted, TaskEscalated, TaskOffered
from platform_kit.auth import Caller

from .conftest import SHANGHAI, Neighbourhood

FRIDAY, HOUR = 4, timedelta(hours=1)


async def _friday_night(here: Neighbourhood) -> UUID:
    """An errand that is wanted on Monday at nine."""
    night = await here.clock(FRIDAY, 22)
    monday = night.replace(hour=9) + timedelta(days=3)
    request_id = await here.needs_help(starts_in=monday - await here.now())
    assert (await here.now()).astimezone(SHANGHAI).hour == 22
    return request_id


async def _later(here: Neighbourhood, by: timedelta) -> None:
    await here.service.advance(by)
    await here.service.fire_timers()


async def _asked(here: Neighbourhood) -> set[UUID]:
    async with here.service.tx() as tx:
        rows = await tx.fetch(
            "SELECT volunteer_id FROM offer WHERE state = 'open' AND expires_at > linli_now()"
        )
    assert len(rows) <= 3
    return {row["volunteer_id"] for row in rows}


async def _lapsed(here: Neighbourhood, volunteer: Caller) -> Any:
    """An offer that they let lapse; they have been asked again since."""
    [offer] = await here.offers(volunteer)
    await _later(here, timedelta(minutes=31))
    return offer


async def test_who_slept_on_friday_night_is_asked_all_weekend(here: Neighbourhood) -> None:
    callers = [await here.volunteer() for _ in range(5)]
    await _friday_night(here)
    first = await _asked(here)
    await _later(here, 10 * HOUR)
    assert await _asked(here) == first, "at eight nobody has had time to answer"
    times: Counter[UUID] = Counter()
    for hour in range(9, 57):
        await _later(here, HOUR)
        asked = await _asked(here)
        assert len(asked) == 3, f"{hour} hours after Saturday began"
        times.update(asked)
    assert len(times) == 5
    assert min(times.values()) > 8, "each of them many an hour"
    assert not await here.service.published(TaskEscalated)
    # What has time is asked for calmly, and nobody anew in the night.
    hours = [event.at.astimezone(SHANGHAI).hour for event in (await here.service.published(TaskOffered))[1:]]
    assert len(hours) < 20
    assert {hour for hour in hours if not 8 <= hour <= 21} == set()
    awake, *_ = [caller for caller in callers if await here.offers(caller)]
    [offer] = await here.offers(awake)
    accepted = await here.service.post(f"/offers/{offer['id']}/accept", by=awake)
    assert accepted.status_code == 200, accepted.text


async def test_when_nobody_has_answered_by_monday_it_is_escalated_once(here: Neighbourhood) -> None:
    await here.volunteer()
    await _friday_night(here)
    for _ in range(60):
        await _later(here, HOUR)
    assert len(await here.service.published(TaskEscalated)) == 1
    assert await _asked(here) == set()


async def test_who_let_it_lapse_is_asked_again_and_the_old_offer_stays_gone(here: Neighbourhood) -> None:
    volunteer = await here.volunteer()
    await here.needs_help()
    old = await _lapsed(here, volunteer)
    [new] = await here.offers(volunteer)
    assert (new["task_id"], new["id"] != old["id"]) == (old["task_id"], True)
    late = await here.service.post(f"/offers/{old['id']}/accept", by=volunteer)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/offer-gone")
    assert (await here.service.post(f"/offers/{new['id']}/accept", by=volunteer)).status_code == 200


async def test_who_was_never_asked_comes_before_who_let_it_lapse(here: Neighbourhood) -> None:
    first = [await here.volunteer() for _ in range(3)]
    await here.needs_help()
    second = [await here.volunteer() for _ in range(2)]
    await _later(here, timedelta(minutes=31))
    assert [len(await here.offers(caller)) for caller in second] == [1, 1]
    assert sum([len(await here.offers(caller)) for caller in first]) == 1


async def test_who_declined_is_not_asked_again_when_the_others_are(here: Neighbourhood) -> None:
    unwilling, asleep = await here.volunteer(), await here.volunteer()
    await here.needs_help()
    [offer] = await here.offers(unwilling)
    await here.service.post(f"/offers/{offer['id']}/decline", by=unwilling)
    await _lapsed(here, asleep)
    assert (await here.offers(unwilling), len(await here.offers(asleep))) == ([], 1)


async def test_of_those_who_are_asked_again_and_accept_at_once_one_has_it(here: Neighbourhood) -> None:
    callers = [await here.volunteer() for _ in range(3)]
    await here.needs_help()
    await _later(here, timedelta(minutes=31))
    offers = [(await here.offers(caller))[0] for caller in callers]
    accepts = [
        here.service.post(f"/offers/{offer['id']}/accept", by=caller)
        for offer, caller in zip(offers * 4, callers * 4, strict=True)
    ]
    answers = await here.at_once("task", UUID(offers[0]["task_id"]), accepts)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 11}
    assert len(await here.service.published(TaskAccepted)) == 1
