"""Counts over all that there is, by unit, category, state and month."""

from typing import Any
from uuid import uuid4

from platform_kit.auth import Caller

from .conftest import Neighbourhood

SPAN = {"since": "2020-01-01T00:00:00Z", "until": "2021-01-01T00:00:00Z"}


async def _told(here: Neighbourhood, by: Caller, **span: str) -> Any:
    return await here.service.get("/requests/statistics", params={**SPAN, **span}, by=by)


async def test_a_month_is_that_of_the_units_own_calendar(here: Neighbourhood) -> None:
    for instant in (
        "2020-01-31T15:59:59Z",
        "2020-01-31T16:00:00Z",
        "2020-02-01T00:00:00Z",
        "2021-01-01T00:00:00Z",
    ):
        await here.submit(occurred_at=instant)
    await here.submit(occurred_at="2020-02-02T00:00:00Z", category="graffiti")
    told = (await _told(here, here.worker)).json()
    assert {(each["month"], each["category"], each["state"]): each["requests"] for each in told} == {
        ("2020-01", "errand", "submitted"): 1,
        ("2020-02", "errand", "submitted"): 2,
        ("2020-02", "graffiti", "submitted"): 1,
    }
    assert {each["unit_id"] for each in told} == {str(here.unit)}


async def test_staff_are_told_of_their_own_units(here: Neighbourhood) -> None:
    await here.submit(occurred_at="2020-02-02T00:00:00Z")
    elsewhere = here.service.caller(posts=[("district", uuid4(), "02")])
    assert (await _told(here, elsewhere)).json() == []
    above = here.service.caller(posts=[("district", uuid4(), "01")])
    assert len((await _told(here, above)).json()) == 1
    assert (await _told(here, here.resident)).status_code == 403


async def test_a_span_that_ends_before_it_begins_is_refused(here: Neighbourhood) -> None:
    answer = await _told(here, here.worker, until=SPAN["since"])
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "until")
