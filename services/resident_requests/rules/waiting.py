"""How long whoever is asked for a request, or has taken it up, is waited for."""

from datetime import datetime, timedelta

from platform_kit.working_time import WorkCalendar, due
from resident_requests.rules.request import Request

# Both in working time. Two days of an office's usual hours; and help that is wanted now still needs the time in which volunteers
# are asked.
TAKE_UP = timedelta(hours=14)
GRACE = timedelta(minutes=30)
# So much longer than it was wanted whoever took it up is waited for: then somebody is at work who can be told.
LATE = timedelta(hours=2)
# An application is reviewed three times, a week of it in public, and nobody begins with anything.
REVIEWED = timedelta(days=30)


def take_up_until(request: Request, calendar: WorkCalendar, at: datetime) -> datetime:
    """When somebody must have taken it up: a volunteer before the help is planned, or within half an hour when that is now, as long
    as it would still be of use; anybody else within two days."""
    if request.route != "volunteers" or request.planned_from is None or request.planned_until is None:
        return due(calendar, at, TAKE_UP)
    if request.planned_from >= at + GRACE:
        return request.planned_from
    soon = due(calendar, at, GRACE)
    return min(soon, request.planned_until) if request.planned_until > at else soon


def begin_until(
    request: Request, calendar: WorkCalendar, at: datetime, *, starts_at: datetime | None = None
) -> datetime:
    """When whoever took it up or was given it at that instant must have begun. `starts_at` is when they said that they would, if not
    as planned."""
    if request.route == "relief" and request.taken_up_by is not None:
        return at + REVIEWED
    return due(calendar, max(starts_at or request.planned_until or at, at), LATE)
