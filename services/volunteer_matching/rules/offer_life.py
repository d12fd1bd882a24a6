"""How long an offer waits for an answer: half an hour where help is wanted soon; longer, by the hours in which people are awake,
the longer there is until then."""

from datetime import datetime, time, timedelta

from platform_kit.working_time import WorkCalendar, due, worked

AWAKE = ((time(8), time(21)),)
SHORTEST = timedelta(minutes=30)
# All that one day has of such hours.
LONGEST = timedelta(hours=13)
# Of the time that is left until it starts an offer has an eighth: several are asked after each other, and faster the nearer it comes.
SHARE = 8
SOON = SHORTEST * SHARE


def lapses_at(starts_at: datetime, at: datetime, zone: str) -> datetime:
    """When what is offered at `at` lapses, by the clocks of `zone`: by half an hour of anybody's day, also at night, when help is
    wanted soon or before people are up."""
    if starts_at - at <= SOON:
        return at + SHORTEST
    awake = WorkCalendar(zone, (AWAKE,) * 7)
    life = max(SHORTEST, min(worked(awake, at, starts_at) / SHARE, LONGEST))
    lapses = due(awake, at, life)
    return lapses if lapses <= starts_at else at + SHORTEST
