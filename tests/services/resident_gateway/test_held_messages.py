"""At night nobody's phone rings but for what cannot wait; what was held comes in the morning, unless it is over by then."""

from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from event_contracts import resident_requests as requests
from event_contracts.community_registry import ResidentRegistered, UnitOpened
from platform_kit.testing import ServiceUnderTest

from .conftest import PHONE, Entrance
from .notified import NUMBER, Town

RECEIVED = f"您的求助 {NUMBER} 已收到。"
WITHDRAWN = f"您的求助 {NUMBER} 已撤回。"


@pytest.fixture
async def evening(entrance: Entrance) -> Town:
    """Ten o'clock at night."""
    town = await Town.of(entrance, hour=22)
    assert [text for text in entrance.sent() if "账号" in text["text"]], "security waits for no morning"
    return town


async def _look(town: Town) -> list[str]:
    await town.gateway.fire_timers()
    return await town.sent()


async def test_a_message_of_the_night_comes_when_the_quiet_hours_end(evening: Town) -> None:
    await evening.filed()
    assert await evening.sent() == []
    assert await evening.shown() == [RECEIVED]
    await evening.clock(6, 59)
    assert await _look(evening) == []
    await evening.clock(7)
    assert await _look(evening) == [RECEIVED]
    assert ("sent", None, 1) in await evening.deliveries()


async def test_over_midnight_it_is_still_night(evening: Town) -> None:
    await evening.clock(0, 30)
    await evening.filed()
    assert await _look(evening) == []
    await evening.clock(7)
    assert await _look(evening) == [RECEIVED]


async def test_what_is_over_by_the_morning_is_not_sent_any_more(evening: Town) -> None:
    request = await evening.filed()
    await evening.asked(request)
    await evening.happens(request, requests.RequestWithdrawn, withdrawn_by=uuid4())
    assert await _look(evening) == []
    await evening.clock(7)
    assert sorted(await _look(evening)) == sorted([RECEIVED, WITHDRAWN])
    assert sum(reason == "overtaken" for _, reason, _ in await evening.deliveries()) == 2


async def test_whoever_ends_their_quiet_hours_gets_what_was_held(evening: Town) -> None:
    await evening.filed()
    assert await _look(evening) == []
    await evening.wants(quiet_hours=None)
    assert await evening.sent() == [RECEIVED]
    await evening.clock(7)
    assert await _look(evening) == [RECEIVED]


async def test_whoever_lengthens_them_gets_it_later(evening: Town) -> None:
    await evening.filed()
    await _look(evening)
    await evening.wants(quiet_hours={"starts": "21:00", "ends": "09:30"})
    await _look(evening)
    await evening.clock(9, 29)
    assert await _look(evening) == []
    await evening.clock(9, 30)
    assert await _look(evening) == [RECEIVED]


async def test_the_night_is_the_one_of_their_own_unit(town: Town) -> None:
    """Four in the morning there is noon in Shanghai."""
    zone, phone = ZoneInfo("Europe/Lisbon"), "13900139000"
    await _move_to(town, phone, zone)
    await town.filed()
    await _look(town)
    assert town.received(phone) == []
    await town.clock(6, 59, zone)
    await _look(town)
    assert town.received(phone) == []
    await town.clock(7, 0, zone)
    await _look(town)
    assert town.received(phone) == [RECEIVED]


async def _move_to(town: Town, phone: str, zone: ZoneInfo) -> None:
    """Somebody else, in a unit with that clock."""
    gateway: ServiceUnderTest = town.gateway
    town.unit, town.resident = uuid4(), uuid4()
    await gateway.deliver(
        "registry_replica",
        UnitOpened(unit_id=town.unit, parent_id=None, kind="community", code="77", name="西", zone=zone.key),
        ResidentRegistered(resident_id=town.resident, household_id=uuid4(), unit_id=town.unit),
    )
    await town.entrance.open_account(account=phone, subject=str(town.resident))
    await town.clock(4, 0, zone)
    await town.sent()


async def test_a_message_that_failed_in_the_evening_waits_for_the_morning(entrance: Entrance) -> None:
    """What is tried again must not ring at night either."""
    town = await Town.of(entrance, hour=21)
    await town.filed()
    async with town.gateway.tx() as tx:
        # As a worker leaves it that ended in the middle of sending: taken, and nobody knows whether it came.
        await tx.execute("UPDATE delivery SET attempts = 1 WHERE state = 'due'")
    await town.clock(23)
    assert await _look(town) == []
    await town.clock(7)
    assert await _look(town) == [RECEIVED]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"quiet_hours": {"starts": "22:00", "ends": "22:00"}}, "quiet_hours.ends"),
        ({"quiet_hours": {"starts": "06:00", "ends": "23:00"}}, "quiet_hours.ends"),
        ({"quiet_hours": {"starts": "24:00", "ends": "07:00"}}, "quiet_hours.starts"),
        ({"quiet_hours": {"starts": "22:00"}}, "quiet_hours.ends"),
        ({"language": "fr"}, "language"),
        ({"channels": ["pigeon"]}, "channels[0]"),
    ],
)
async def test_settings_that_make_no_sense_are_refused_by_field_and_change_nothing(
    town: Town, changed: dict[str, object], field: str
) -> None:
    before = {"language": "en", "channels": [], "quiet_hours": None}
    assert (await town.wants(**before)).json() == before
    refused = await town.wants(**changed)
    assert refused.status_code == 422
    assert field in [error["path"] for error in refused.json()["errors"]], refused.text
    settings = await town.gateway.get("/api/v1/me/notification-settings", by=town.by())
    assert settings.json() == before


async def test_until_somebody_says_otherwise_the_night_is_quiet(town: Town) -> None:
    settings = await town.gateway.get("/api/v1/me/notification-settings", by=town.by())
    assert settings.json() == {
        "language": "zh",
        "channels": ["sms"],
        "quiet_hours": {"starts": "22:00", "ends": "07:00"},
    }
    assert (await town.page())["unread"] == 1
    assert PHONE not in settings.text
