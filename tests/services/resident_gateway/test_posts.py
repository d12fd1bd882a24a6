"""What staff may do comes from the registry's appointments, and ends with them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from event_contracts.community_registry import AppointmentEnded

from .conftest import Entrance

UNIT = "018f0000-0000-7000-8000-000000000042"
STREET = "018f0000-0000-7000-8000-000000000043"
BEIJING = timedelta(hours=8)


async def _posts(entrance: Entrance, account: str = "chen") -> list[str]:
    """What a fresh token of that person carries."""
    me = (await entrance.me((await entrance.token(account))["access_token"])).json()
    assert me["roles"] == sorted({post["role"] for post in me["posts"]})
    return [f"{post['role']} {post['unit_code']}" for post in me["posts"]]


async def test_an_appointment_gives_a_post_and_a_role(entrance: Entrance) -> None:
    chen = await entrance.staff("chen")
    await entrance.staff("zhao")
    assert await _posts(entrance) == []
    await entrance.unit(UNIT, "01/02/003")
    await entrance.unit(STREET, "01/02")
    await entrance.appoint(chen, "worker", UNIT)
    await entrance.appoint(chen, "finance", STREET)
    assert await _posts(entrance) == ["finance 01/02", "worker 01/02/003"]
    assert await _posts(entrance, "zhao") == []


async def test_a_renewed_token_no_longer_carries_a_post_that_ended(entrance: Entrance) -> None:
    """The token before it lives ten minutes: so long a right outlives its appointment at most."""
    chen = await entrance.staff("chen")
    await entrance.unit(UNIT, "01/02/003")
    await entrance.unit(STREET, "01/02")
    ends = await entrance.appoint(chen, "worker", UNIT)
    await entrance.appoint(chen, "street", STREET)
    token = await entrance.token("chen")
    await entrance.gateway.deliver("appointments", AppointmentEnded(staff_id=chen, appointment_id=ends))
    renewed = (await entrance.refresh(token["refresh_token"])).json()
    me = (await entrance.me(renewed["access_token"])).json()
    assert me["roles"] == ["street"]
    assert [post["unit_code"] for post in me["posts"]] == ["01/02"]
    assert await _posts(entrance) == ["street 01/02"]
    assert token["expires_in"] == 600


async def test_a_post_that_a_session_began_without_comes_with_its_renewal(entrance: Entrance) -> None:
    chen = await entrance.staff("chen")
    token = await entrance.token("chen")
    await entrance.unit(UNIT, "01/02/003")
    await entrance.appoint(chen, "worker", UNIT)
    renewed = (await entrance.refresh(token["refresh_token"])).json()
    assert (await entrance.me(renewed["access_token"])).json()["roles"] == ["worker"]


async def test_until_the_unit_is_known_it_gives_no_right(entrance: Entrance) -> None:
    chen = await entrance.staff("chen")
    await entrance.appoint(chen, "worker", UNIT)
    assert await _posts(entrance) == []
    await entrance.unit(UNIT, "01/02/003")
    assert await _posts(entrance) == ["worker 01/02/003"]


@pytest.mark.parametrize(
    ("from_days", "until_days", "holds"),
    [(0, 0, True), (-5, None, True), (1, None, False), (-5, -1, False), (-5, 0, True)],
)
async def test_a_post_is_held_from_its_first_to_its_last_day(
    entrance: Entrance, from_days: int, until_days: int | None, holds: bool
) -> None:
    """Days of the unit's own calendar."""
    chen = await entrance.staff("chen")
    await entrance.unit(UNIT, "01/02/003")
    # Noon in Beijing, so that the day does not change while the test runs.
    async with entrance.gateway.tx() as tx:
        at: datetime = await tx.fetchval("SELECT linli_now()")
    noon = datetime.combine((at + BEIJING).date() + timedelta(days=1), datetime.min.time(), UTC)
    noon += timedelta(hours=12) - BEIJING
    await entrance.gateway.advance(noon - at)
    today = (noon + BEIJING).date()
    until_on = None if until_days is None else str(today + timedelta(days=until_days))
    from_on = str(today + timedelta(days=from_days))
    await entrance.appoint(chen, "worker", UNIT, from_on=from_on, until_on=until_on)
    assert bool(await _posts(entrance)) == holds


async def test_a_day_begins_when_it_does_in_the_units_own_zone(entrance: Entrance) -> None:
    chen = await entrance.staff("chen")
    await entrance.unit(UNIT, "01/02/003")
    async with entrance.gateway.tx() as tx:
        at: datetime = await tx.fetchval("SELECT linli_now()")
    # An evening in Greenwich on which Beijing has the next day.
    evening = datetime.combine(at.date() + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=20)
    await entrance.gateway.advance(evening - at)
    await entrance.appoint(chen, "worker", UNIT, from_on=str(evening.date() + timedelta(days=1)))
    assert await _posts(entrance) == ["worker 01/02/003"]


async def test_the_same_post_twice_is_one_and_ends_with_the_second(entrance: Entrance) -> None:
    chen = await entrance.staff("chen")
    await entrance.unit(UNIT, "01/02/003")
    first, second = [await entrance.appoint(chen, "worker", UNIT) for _ in range(2)]
    assert await _posts(entrance) == ["worker 01/02/003"]
    await entrance.gateway.deliver("appointments", AppointmentEnded(staff_id=chen, appointment_id=first))
    assert await _posts(entrance) == ["worker 01/02/003"]
    await entrance.gateway.deliver("appointments", AppointmentEnded(staff_id=chen, appointment_id=second))
    assert await _posts(entrance) == []


@pytest.mark.parametrize("role", ["worker", "street", "district", "finance", "finance_lead", "auditor"])
async def test_an_account_gives_no_post(entrance: Entrance, role: str) -> None:
    for content in (
        {"roles": [role]},
        {"posts": [{"role": role, "unit_id": UNIT, "unit_code": "01/02/003"}]},
    ):
        answer = await entrance.open_account(subject=str(uuid4()), **content)
        assert answer.status_code == 422
