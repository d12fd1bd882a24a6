"""How long an offer waits: by the clock on the wall of whoever is asked."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_matching.rules.offer_life import lapses_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
HALF_AN_HOUR = timedelta(minutes=30)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("offered", "starts", "lapses"),
    [
        # Now, soon, in the past; also at night, and for a morning when nobody is up yet.
        ("2026-11-27T10:00", "2026-11-27T10:00", "2026-11-27T10:30"),
        ("2026-11-27T10:00", "2026-11-27T12:00", "2026-11-27T10:30"),
        ("2026-11-27T10:00", "2026-11-26T12:00", "2026-11-27T10:30"),
        ("2026-11-27T22:00", "2026-11-28T02:00", "2026-11-27T22:30"),
        ("2026-11-28T05:00", "2026-11-28T09:00", "2026-11-28T05:30"),
        ("2026-11-27T22:00", "2026-11-28T08:20", "2026-11-27T22:30"),
        # Later: the half hour is one in which people are awake, and a whole one where there are eight.
        ("2026-11-27T22:00", "2026-11-28T09:00", "2026-11-28T08:30"),
        ("2026-11-27T20:45", "2026-11-28T09:00", "2026-11-28T08:15"),
        ("2026-11-27T10:00", "2026-11-27T18:00", "2026-11-27T11:00"),
        # Friday night for Monday morning: 27 hours in which people are awake.
        ("2026-11-27T22:00", "2026-11-30T09:00", "2026-11-28T11:22:30"),
        ("2026-11-27T20:00", "2026-11-30T09:00", "2026-11-28T10:30"),
        # In a month: a day of such hours.
        ("2026-11-27T12:00", "2026-12-27T09:00", "2026-11-28T12:00"),
        ("2026-11-27T03:00", "2026-12-27T09:00", "2026-11-27T21:00"),
    ],
)
def test_what_is_wanted_later_waits_longer_and_not_in_the_night(
    offered: str, starts: str, lapses: str
) -> None:
    assert lapses_at(_at(starts), _at(offered), "Asia/Shanghai") == _at(lapses)


@given(
    st.timedeltas(timedelta(0), timedelta(days=365)),
    st.timedeltas(timedelta(days=-2), timedelta(days=60)),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "UTC"]),
)
def test_an_offer_is_bounded_and_nobody_is_asked_in_their_sleep_alone_for_what_has_time(
    day: timedelta, starts_in: timedelta, name: str
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + day
    zone = ZoneInfo(name)
    starts = at + starts_in
    lapses = lapses_at(starts, at, name)
    assert at + HALF_AN_HOUR <= lapses <= at + timedelta(days=1, hours=1)
    if lapses > at + HALF_AN_HOUR:
        assert lapses <= starts
        assert time(8) < lapses.astimezone(zone).time() <= time(21)
    else:
        assert starts_in <= timedelta(hours=4 + 11 + 1), (
            "at most one night lies between, and four hours of the day"
        )
