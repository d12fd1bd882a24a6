"""Working time: when so many hours of it have passed, and how much of it lies between two instants.

A calendar is local: its hours are those of a clock on its wall. What they last is counted in real time, so that an hour which
the zone's clocks skip or repeat is no promise kept early.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from platform_kit.official_days import Country, officially_works

# [from, until) of one day.
Span = tuple[time, time]
# The same as two instants (UTC).
Worked = tuple[datetime, datetime]
# Ten years: nothing is promised for longer, and a calendar that never works must not be searched for ever.
_MOST_DAYS = 3660


class NeverWorks(Exception):
    """In ten years of this calendar there is not so much working time."""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """`hours` of Monday to Sunday; `days` are what somebody entered, and go before everything else; `country` is whose
    holidays and make-up workdays hold. A make-up workday on a weekend has the hours of the week's first working day."""

    zone: str
    hours: tuple[tuple[Span, ...], ...]
    days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    country: Country | None = None
    _known: dict[date, list[Worked]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """Of the local day, in order, apart from each other."""
        if day in self.days:
            return self.days[day]
        usual = self.hours[day.weekday()]
        works = officially_works(day) if self.country else None
        if works is None:
            return usual
        return (usual or next((spans for spans in self.hours if spans), ())) if works else ()

    def instants_on(self, day: date) -> list[Worked]:
        """The same spans as instants. Made once: a list of what has long been overdue asks for the same days again and again."""
        if (known := self._known.get(day)) is not None:
            return known
        zone = ZoneInfo(self.zone)
        made = [
            (
                datetime.combine(day, opens, zone).astimezone(UTC),
                datetime.combine(day, closes, zone).astimezone(UTC),
            )
            for opens, closes in self.spans_on(day)
        ]
        return self._known.setdefault(day, made)


def due(calendar: WorkCalendar, start: datetime, promised: timedelta) -> datetime:
    """The instant (UTC) at which `promised` of working time has passed since `start`; before it, when that is negative. Raises
    NeverWorks."""
    back = promised < timedelta()
    left = abs(promised)
    for begins, ends in _before(calendar, start) if back else _from(calendar, start):
        if left <= ends - begins:
            return ends - left if back else begins + left
        left -= ends - begins
    raise NeverWorks


def worked(calendar: WorkCalendar, start: datetime, end: datetime) -> timedelta:
    """The working time between two instants; negative when `end` is the earlier."""
    if end < start:
        return -worked(calendar, end, start)
    total = timedelta()
    for begins, ends in _from(calendar, start):
        if begins >= end:
            break
        total += min(ends, end) - begins
    return total


def _from(calendar: WorkCalendar, start: datetime) -> Iterator[Worked]:
    """What of the calendar's spans is not over at `start`, as instants."""
    for begins, ends in _spans(calendar, start, step=1):
        if ends > max(begins, start):
            yield max(begins, start.astimezone(UTC)), ends


def _before(calendar: WorkCalendar, end: datetime) -> Iterator[Worked]:
    """What of them has begun at `end`, the latest first."""
    for begins, ends in _spans(calendar, end, step=-1):
        if begins < min(ends, end):
            yield begins, min(ends, end.astimezone(UTC))


def _spans(calendar: WorkCalendar, start: datetime, *, step: int) -> Iterator[Worked]:
    """Day by day, forwards or backwards."""
    # A day earlier: where clocks are set back, an instant can belong to a span of the day before.
    first = start.astimezone(ZoneInfo(calendar.zone)).date() - timedelta(days=step)
    for day in (first + timedelta(days=step * number) for number in range(_MOST_DAYS)):
        yield from calendar.instants_on(day)[::step]
