"""The two promises of a request: somebody looks at it by then, and it is done by then; in working time of its unit.

What has been promised stays promised: a calendar or a category that changes later moves no date. Whatever shows the time
that is left, and whatever acts on it, takes it from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from platform_kit.working_time import WorkCalendar, due, worked
from resident_requests.rules.request import OPEN, Request

# The timer that stands at the next deadline of a request.
PROMISE_TIMER = "promise"


class Clock(StrEnum):
    RESPONSE = "response"
    RESOLUTION = "resolution"


class Level(StrEnum):
    """Who is told of a promise that was missed: first these, then those."""

    STREET = "street"
    DISTRICT = "district"


@dataclass(frozen=True, slots=True)
class Promise:
    """Of a category, in working time. What is missed goes to the street at once, and to the district when `escalate` more has
    passed."""

    respond: timedelta
    resolve: timedelta
    escalate: timedelta


@dataclass(frozen=True, slots=True)
class Breach:
    clock: Clock
    level: Level


def promised(request: Request, promise: Promise, calendar: WorkCalendar, at: datetime) -> Request:
    """With both clocks begun at that instant: when it is filed, and when it is reopened. What is wanted later is not done sooner."""
    return replace(
        _to_be_done(request, promise.resolve, calendar, at),
        respond_by=due(calendar, at, promise.respond),
        responded_at=None,
        paused_at=None,
    )


def wanted_otherwise(
    request: Request, before: Request, calendar: WorkCalendar, filed_at: datetime
) -> Request:
    """What was put right before anybody began with it: as much time as was promised, from when it is wanted now."""
    if before.resolve_by is None:
        return request
    length = worked(calendar, before.resolve_from or filed_at, before.resolve_by)
    return _to_be_done(request, length, calendar, filed_at)


def _to_be_done(request: Request, length: timedelta, calendar: WorkCalendar, at: datetime) -> Request:
    begins = max(request.wanted_from or at, at)
    return replace(
        request, resolve_by=due(calendar, begins, length), resolve_from=begins if begins > at else None
    )


# Of what comes in a heap from another system, one report begins in each community in so much of its working time.
ONE_EACH = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Promised:
    """By when, of a report that came in open."""

    respond_by: datetime
    resolve_by: datetime

    @property
    def due_at(self) -> datetime:
        return min(self.respond_by, self.resolve_by)


def promised_in_turn(promise: Promise, calendar: WorkCalendar, begins: datetime) -> tuple[Promised, datetime]:
    """Promises that begin then, and when those of the next report of that unit begin."""
    by = Promised(due(calendar, begins, promise.respond), due(calendar, begins, promise.resolve))
    return by, due(calendar, begins, ONE_EACH)


def due_at(request: Request) -> datetime | None:
    """By when something must be done with it next; None when nothing was promised, or nothing runs. Lists are in this order."""
    return min((by for _, by in _running(request)), default=None)


def later_by_the_pause(request: Request, calendar: WorkCalendar, at: datetime) -> datetime | None:
    """By when it is to be done, now that it goes on: as much is left as there was, and as much overdue."""
    left = time_left(request, Clock.RESOLUTION, calendar, at)
    return None if left is None else due(calendar, max(at, request.resolve_from or at), left)


def time_left(request: Request, clock: Clock, calendar: WorkCalendar, at: datetime) -> timedelta | None:
    """In working time, negative when overdue; of a clock that was stopped, what was left then; all of it where it has not begun. None
    without a promise."""
    if clock is Clock.RESPONSE:
        by, stands = request.respond_by, request.responded_at or at
    else:
        by, stands = request.resolve_by, request.paused_at or request.resolved_at or at
        stands = max(stands, request.resolve_from or stands)
    return None if by is None else worked(calendar, stands, by)


def overdue(request: Request, promise: Promise, calendar: WorkCalendar, at: datetime) -> list[Breach]:
    """What has been missed of the clocks that run; of each the street before the district."""
    return [breach for instant, breach in _deadlines(request, promise, calendar, at) if instant <= at]


def next_look(request: Request, promise: Promise, calendar: WorkCalendar, at: datetime) -> datetime | None:
    """When the promises must be looked at, once one has moved: at once where one is missed as they lie now; told it is once all the same."""
    return at if overdue(request, promise, calendar, at) else next_deadline(request, promise, calendar, at)


def next_deadline(
    request: Request, promise: Promise, calendar: WorkCalendar, at: datetime
) -> datetime | None:
    """The next instant after this one at which a promise is missed, or the next level is told; None when nothing runs."""
    return min(
        (instant for instant, _ in _deadlines(request, promise, calendar, at) if instant > at), default=None
    )


def _deadlines(
    request: Request, promise: Promise, calendar: WorkCalendar, at: datetime
) -> Iterator[tuple[datetime, Breach]]:
    """Of each clock that runs: when it is missed; and once it is, when the district is told."""
    for clock, by in _running(request):
        yield by, Breach(clock, Level.STREET)
        if by <= at:
            yield due(calendar, by, promise.escalate), Breach(clock, Level.DISTRICT)


def _running(request: Request) -> Iterator[tuple[Clock, datetime]]:
    if request.state not in OPEN:
        return
    if request.respond_by is not None and request.responded_at is None:
        yield Clock.RESPONSE, request.respond_by
    if request.resolve_by is not None and request.paused_at is None:
        yield Clock.RESOLUTION, request.resolve_by
