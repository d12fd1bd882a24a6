"""Working time by hand-made examples of a real year, and by properties over any calendar."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from platform_kit.official_days import LAST_YEAR_KNOWN
from platform_kit.working_time import NeverWorks, Span, WorkCalendar, due, worked

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY: tuple[Span, ...] = ((time(9), time(12)), (time(14), time(18)))
OFFICE = WorkCalendar("Asia/Shanghai", (DAY,) * 5 + ((), ()), country="CN")
HOUR = timedelta(hours=1)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "hours", "wanted"),
    [
        # An ordinary Tuesday, over the pause at noon.
        ("2026-03-03T09:00", 3, "2026-03-03T12:00"), ("2026-03-03T11:00", 2, "2026-03-03T15:00"),
        ("2026-03-03T17:30", 1, "2026-03-04T09:30"),
        # Outside of its hours: at noon, at night, on a Sunday.
        ("2026-03-03T12:30", 1, "2026-03-03T15:00"), ("2026-03-03T23:00", 1, "2026-03-04T10:00"),
        ("2026-03-08T10:00", 1, "2026-03-09T10:00"),
        # The Spring Festival of 2026: 15 to 23 February off, Saturday the 14th and Saturday the 28th worked.
        ("2026-02-13T17:00", 2, "2026-02-14T10:00"), ("2026-02-14T17:00", 2, "2026-02-24T10:00"),
        ("2026-02-27T17:00", 2, "2026-02-28T10:00"), ("2026-02-28T17:00", 2, "2026-03-02T10:00"),
        # The National Day: 1 to 7 October off, Saturday the 10th worked.
        ("2026-09-30T17:00", 2, "2026-10-08T10:00"), ("2026-10-09T17:00", 2, "2026-10-10T10:00"),
    ],
)  # fmt: skip
def test_hours_are_counted_as_a_clerk_would_count_them(start: str, hours: int, wanted: str) -> None:
    assert due(OFFICE, _at(start), hours * HOUR) == _at(wanted)
    assert worked(OFFICE, _at(start), _at(wanted)) == hours * HOUR


def test_a_year_that_the_official_calendar_does_not_know_is_counted_by_its_weekdays() -> None:
    unknown = LAST_YEAR_KNOWN + 1
    eve = datetime(unknown, 10, 1, 9, tzinfo=SHANGHAI)
    weekday = eve + timedelta(days=(7 - eve.weekday()) % 7)
    assert due(OFFICE, weekday, 7 * HOUR) == weekday + 9 * HOUR


def test_what_was_entered_goes_before_the_official_calendar() -> None:
    entered = WorkCalendar(
        OFFICE.zone, OFFICE.hours, {date(2026, 10, 1): ((time(10), time(11)),), date(2026, 10, 9): ()}, "CN"
    )
    assert due(entered, _at("2026-09-30T18:00"), HOUR) == _at("2026-10-01T11:00")
    assert due(entered, _at("2026-10-08T18:00"), HOUR) == _at("2026-10-10T10:00")


def test_a_country_without_an_official_calendar_works_by_its_weekdays() -> None:
    plain = WorkCalendar("Asia/Shanghai", OFFICE.hours)
    assert due(plain, _at("2026-09-30T17:00"), 2 * HOUR) == _at("2026-10-01T10:00")


def test_a_calendar_that_never_works_is_told_and_not_searched_for_ever() -> None:
    with pytest.raises(NeverWorks):
        due(WorkCalendar("Asia/Shanghai", ((),) * 7), _at("2026-01-01T00:00"), HOUR)


def test_an_hour_that_the_clocks_skip_or_repeat_is_no_hour_kept_early() -> None:
    night = WorkCalendar("America/Los_Angeles", (((time(0), time(6)),),) * 7)
    zone = ZoneInfo(night.zone)
    for day, length in ((date(2026, 3, 8), 5), (date(2026, 11, 1), 7), (date(2026, 6, 1), 6)):
        begins = datetime.combine(day, time(), zone)
        assert worked(night, begins, datetime.combine(day, time(6), zone)) == length * HOUR
        assert due(night, begins, length * HOUR) == datetime.combine(day, time(6), zone)


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    marks = sorted(draw(st.sets(st.integers(0, 1439), max_size=6)))
    times = [time(mark // 60, mark % 60) for mark in marks]
    return tuple(zip(times[::2], times[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    hours = tuple(draw(spans()) for _ in range(7))
    assume(any(hours))
    return WorkCalendar(
        draw(st.sampled_from(["Asia/Shanghai", "America/Los_Angeles", "UTC", "Australia/Lord_Howe"])),
        hours,
        draw(st.dictionaries(st.dates(date(2025, 12, 1), date(2027, 2, 1)), spans(), max_size=5)),
        draw(st.sampled_from([None, "CN"])),
    )


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(), timedelta(days=364)).map(lambda passed: NEW_YEAR + passed)
amounts = st.timedeltas(timedelta(minutes=1), timedelta(hours=60))


@given(calendars(), instants, amounts)
def test_exactly_what_was_promised_is_worked_until_it_is_due(
    calendar: WorkCalendar, start: datetime, promised: timedelta
) -> None:
    until = due(calendar, start, promised)
    assert worked(calendar, start, until) == promised
    # And it is the first such instant: a moment before, a moment is missing.
    moment = timedelta(microseconds=1)
    assert worked(calendar, start, until - moment) == promised - moment


@given(calendars(), instants, amounts)
def test_what_is_overdue_was_due_as_long_ago(
    calendar: WorkCalendar, at: datetime, overdue: timedelta
) -> None:
    by = due(calendar, at, -overdue)
    assert worked(calendar, at, by) == -overdue
    assert worked(calendar, by, at) == overdue


@given(calendars(), instants, instants, instants)
def test_working_time_adds_up(calendar: WorkCalendar, a: datetime, b: datetime, c: datetime) -> None:
    assert worked(calendar, a, b) + worked(calendar, b, c) == worked(calendar, a, c)


@given(calendars(), instants, instants, amounts)
def test_who_asks_earlier_is_not_served_later(
    calendar: WorkCalendar, a: datetime, b: datetime, promised: timedelta
) -> None:
    first, second = sorted((a, b))
    assert due(calendar, first, promised) <= due(calendar, second, promised)


@given(calendars(), instants, amounts, amounts)
def test_a_promise_that_was_put_aside_and_taken_up_again_is_as_long_as_before(
    calendar: WorkCalendar, start: datetime, promised: timedelta, aside: timedelta
) -> None:
    """Paused at any instant, for any while: what is left then is what is left when it goes on."""
    paused = start + promised / 3
    left = promised - worked(calendar, start, paused)
    assume(left > timedelta())
    again = paused + aside
    until = due(calendar, again, left)
    assert worked(calendar, start, paused) + worked(calendar, again, until) == promised
