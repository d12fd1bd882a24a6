"""At night nobody's phone rings but for what cannot wait; what was held comes in the morning, unless it is over by then."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from event_contracts import resident_requests as requests
from event_contracts.community_registry import (
    AppointmentEnded,
    ConsentRecorded,
    ResidentRegistered,
    UnitOpened,
)
from platform_kit.testing import ServiceUnderTest

from .conftest import PHONE, Entrance
from .notified import NUMBER, Town

RECEIVED = f"您的求助 {NUMBER} 已收到。"
WITHDRAWN = f"您的求助 {NUMBER} 已撤回。"
RESOLVED = f"您的求助 {NUMBER} 已办结,请登录邻里确认是否解决。"
FOLLOWED_RESOLVED = f"您关注的求助 {NUMBER} 已办结,如未解决请登录邻里告诉我们。"
JOINED_RESOLVED = f"您的求助所并入的求助 {NUMBER} 已办结,如未解决请登录邻里告诉我们。"
NOT_TAKEN_UP = f"求助 {NUMBER} 无人接手,请处理。"
MISSED = f"求助 {NUMBER} 已超过承诺时限。"
NOT_ANY_MORE = ("dropped", "not told any more")


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


async def _people(town: Town, many: int) -> dict[str, UUID]:
    """By their phones."""
    people = {phone: await town.entrance.resident(phone) for phone in _phones(many)}
    await town.sent()
    return people


def _phones(many: int) -> list[str]:
    return [f"1390013900{each}" for each in range(many)]


async def _follow(
    town: Town, request: UUID, *follow: UUID, joined: Sequence[UUID] = (), state: str = "submitted"
) -> None:
    await town.happens(
        request, requests.RequestFollowed, follower_ids=follow, joined_ids=tuple(joined), case_number=NUMBER,
        category="environment", state=state,
    )  # fmt: skip


async def _consents(town: Town, delegate: UUID, until_on: date | None) -> None:
    consent = ConsentRecorded(resident_id=town.resident, delegate_id=delegate, until_on=until_on)
    await town.gateway.deliver("registry_replica", consent, version=None)


async def _resolved(town: Town, request: UUID) -> None:
    await town.happens(request, requests.RequestResolved, resolved_by=town.worker)
    await _look(town)


async def _ends(town: Town) -> list[tuple[str, str | None]]:
    """What became of the messages that were not sent."""
    return [(state, reason) for state, reason, _ in await town.deliveries() if state != "sent"]


async def test_who_ceased_to_follow_or_to_act_in_the_night_is_not_told_in_the_morning(evening: Town) -> None:
    """One left, one's consent was ended, one's ended by itself with the day; those who stayed are told, and whose it is."""
    people = await _people(evening, 5)
    left, ended, lapsed, stays, acts = people.values()
    request = await evening.filed()
    await _look(evening)
    tonight = (await evening.now()).astimezone(ZoneInfo("Asia/Shanghai")).date()
    await _follow(evening, request, left, stays)
    for delegate, until_on in ((ended, None), (lapsed, tonight), (acts, tonight + timedelta(days=1))):
        await _consents(evening, delegate, until_on)
    await _resolved(evening, request)
    await evening.happens(request, requests.RequestUnfollowed, follower_id=left)
    await _consents(evening, ended, tonight - timedelta(days=1))
    await evening.clock(7)
    await _look(evening)
    assert {phone: evening.received(phone) for phone in people} == dict(
        zip(people, ([], [], [], [FOLLOWED_RESOLVED], [FOLLOWED_RESOLVED]), strict=True)
    )
    assert sorted(evening.received()) == sorted([RECEIVED, RESOLVED])
    assert await _ends(evening) == [NOT_ANY_MORE] * 3
    # What they were shown while they followed, they were told then.
    assert await evening.shown(left) == [FOLLOWED_RESOLVED]


async def test_who_left_what_their_own_was_joined_with_is_not_told_and_who_came_nearer_is(
    evening: Town,
) -> None:
    """A follower as one of whom it goes on as meanwhile, and somebody who follows what they acted for."""
    people = await _people(evening, 4)
    left, stays, nearer, otherwise = people.values()
    request = await evening.filed()
    await _look(evening)
    await _follow(evening, request, nearer, joined=(left, stays))
    await _consents(evening, otherwise, None)
    await _resolved(evening, request)
    await evening.happens(request, requests.RequestUnfollowed, follower_id=left)
    await _follow(evening, request, otherwise, joined=(nearer,), state="resolved")
    await _consents(evening, otherwise, (await evening.now()).date() - timedelta(days=2))
    await evening.clock(7)
    await _look(evening)
    assert {phone: evening.received(phone) for phone in people} == dict(
        zip(people, ([], [JOINED_RESOLVED], [FOLLOWED_RESOLVED], [FOLLOWED_RESOLVED]), strict=True)
    )
    assert await _ends(evening) == [NOT_ANY_MORE]


async def test_staff_whose_post_ended_in_the_night_are_not_told_in_the_morning(evening: Town) -> None:
    """Nor one who has such a post somewhere else by then; the others are."""
    people = await _people(evening, 3)
    gone, moved, stays = people.values()
    posts = [await evening.entrance.appoint(each, "worker", evening.unit) for each in (gone, moved)]
    street = await _unit(evening, "01/01")
    await evening.entrance.appoint(stays, "street", street)
    request = await evening.filed()
    await _look(evening)
    await evening.happens(request, requests.RequestEscalated, level="worker", why="not_taken_up")
    await evening.happens(request, requests.RequestEscalated, level="street", why="response_overdue")
    await _look(evening)
    assert (await evening.shown(gone))[0] == NOT_TAKEN_UP
    for staff, post in zip((gone, moved), posts, strict=True):
        await evening.gateway.deliver("appointments", AppointmentEnded(staff_id=staff, appointment_id=post))
    elsewhere = uuid4()
    await evening.entrance.unit(elsewhere, "01/01/002")
    await evening.entrance.appoint(moved, "worker", elsewhere)
    await evening.clock(7)
    await _look(evening)
    assert {phone: evening.received(phone) for phone in people} == dict(
        zip(people, ([], [], [MISSED]), strict=True)
    )
    assert await _ends(evening) == [NOT_ANY_MORE] * 2


async def _unit(town: Town, code: str) -> UUID:
    async with town.gateway.tx() as tx:
        found: UUID = await tx.fetchval("SELECT id FROM unit WHERE code = $1", code)
    return found


async def test_while_nobody_knows_whose_staff_are_told_the_others_messages_go_out(evening: Town) -> None:
    """In the night it was found to lie in a community of which the registry has not told here yet."""
    [(phone, worker)] = (await _people(evening, 1)).items()
    here, there = evening.unit, uuid4()
    await evening.entrance.appoint(worker, "worker", here)
    request = await evening.filed()
    await evening.happens(request, requests.RequestEscalated, level="worker", why="not_taken_up")
    await _look(evening)
    evening.unit = there
    triaged = {"case_number": NUMBER, "category": "errand", "route": "community", "skill": None}
    at = await evening.now()
    await evening.happens(
        request, requests.RequestTriaged, wanted_from=at, wanted_until=at + timedelta(hours=2), **triaged
    )
    await evening.clock(7)
    assert await _look(evening) == [RECEIVED]
    assert evening.received(phone) == []
    assert await _ends(evening) == [("due", "not known yet")]
    await evening.entrance.unit(there, "01/01/002")
    await evening.entrance.appoint(worker, "worker", there)
    await evening.gateway.advance(timedelta(seconds=31))
    await _look(evening)
    assert evening.received(phone) == [NOT_TAKEN_UP]


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
