"""Quiet hours: what is allowed is never inside them, never lost, and the first instant that is not."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from platform_kit.problems import InvalidInput
from resident_gateway.rules.quiet_hours import USUAL, QuietHours, allowed_from, checked

MINUTE = timedelta(minutes=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
# Half hours, half-hour summer time, a change at midnight, and one that skipped a day.
ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Santiago",
    "Pacific/Apia",
    "UTC",
)


def _wall(at: datetime, zone: ZoneInfo) -> time:
    return at.astimezone(zone).time()


@st.composite
def quiet_hours(draw: st.DrawFn) -> QuietHours:
    starts, length = draw(st.integers(0, 1439)), draw(st.integers(1, 16 * 60))
    ends = (starts + length) % 1440
    return QuietHours(time(*divmod(starts, 60)), time(*divmod(ends, 60)))


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """Also around the changes of 2026 and 2011 in the zones above."""
    near = draw(
        st.sampled_from(
            [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 4, 4, tzinfo=UTC),
             datetime(2026, 10, 3, tzinfo=UTC), datetime(2026, 9, 6, tzinfo=UTC), datetime(2011, 12, 30, tzinfo=UTC),
             datetime(2026, 11, 26, tzinfo=UTC)]
        )
    )  # fmt: skip
    return near + timedelta(seconds=draw(st.integers(-86400, 2 * 86400)))


EARLY = QuietHours(time(22), time(1, 30))


@settings(max_examples=500)
# The hour that is left out holds the end; the hour that comes twice holds it twice, and in the second we are.
@example(datetime(2026, 3, 8, 5, tzinfo=UTC), QuietHours(time(22), time(2, 30)), "America/New_York")
@example(datetime(2026, 11, 1, 6, 15, tzinfo=UTC), EARLY, "America/New_York")
@example(datetime(2026, 11, 1, 5, 15, tzinfo=UTC), EARLY, "America/New_York")
@given(instants(), quiet_hours(), st.sampled_from(ZONES))
def test_what_is_allowed_is_the_first_instant_outside(at: datetime, quiet: QuietHours, name: str) -> None:
    zone = ZoneInfo(name)
    allowed = allowed_from(at, checked(quiet), zone)
    assert allowed >= at
    assert allowed - at <= timedelta(hours=41), "lost"
    assert not quiet.holds(_wall(allowed, zone))
    if allowed > at:
        # Every instant before it is inside: the wall moves by whole minutes.
        step = at
        while step < allowed:
            assert quiet.holds(_wall(step, zone)), step
            step = min(step + MINUTE, allowed)
        assert quiet.holds(_wall(allowed - timedelta(microseconds=1), zone))


@given(instants(), st.sampled_from(ZONES))
def test_without_quiet_hours_any_instant_is_allowed(at: datetime, name: str) -> None:
    assert allowed_from(at, None, ZoneInfo(name)) == at


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        ("2026-11-26T21:59:59", "2026-11-26T21:59:59"), ("2026-11-26T22:00:00", "2026-11-27T07:00:00"),
        ("2026-11-27T00:00:00", "2026-11-27T07:00:00"), ("2026-11-27T06:59:59", "2026-11-27T07:00:00"),
        ("2026-11-27T07:00:00", "2026-11-27T07:00:00"),
    ],
)  # fmt: skip
def test_the_usual_night_is_over_midnight_on_the_clock_of_the_community(at: str, allowed: str) -> None:
    def instant(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)

    assert allowed_from(instant(at), USUAL, SHANGHAI) == instant(allowed)


@pytest.mark.parametrize(
    ("starts", "ends"), [("22:00", "22:00"), ("06:00", "22:01"), ("12:00", "11:59"), ("00:00", "23:59")]
)
def test_quiet_hours_that_leave_too_little_of_the_day_are_refused(starts: str, ends: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(QuietHours(time.fromisoformat(starts), time.fromisoformat(ends)))
    assert refused.value.field == "quiet_hours.ends"
