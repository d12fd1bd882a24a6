"""When a person's phone may be rung: not in their quiet hours, which are times of the day on their unit's own clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from platform_kit.problems import InvalidInput, Text

# What is left of a day must be enough for everything that waits to be sent.
LONGEST = timedelta(hours=16)
_TOO_LONG = Text("Quiet hours may last 16 hours at most.", "免打扰时段最长为16小时。")
_NOTHING = Text("Quiet hours must begin and end at different times.", "免打扰时段的开始与结束不能相同。")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """[starts, ends) of whole minutes on the clock of the wall; over midnight where `ends` comes before `starts`."""

    starts: time
    ends: time

    def holds(self, wall: time) -> bool:
        if self.starts < self.ends:
            return self.starts <= wall < self.ends
        return wall >= self.starts or wall < self.ends


USUAL = QuietHours(time(22), time(7))


def checked(quiet: QuietHours) -> QuietHours:
    """Refused where they would leave no hour to send anything, or are none."""
    if quiet.starts == quiet.ends:
        raise InvalidInput(field="quiet_hours.ends", reason=_NOTHING)
    minutes = (_minute_of_day(quiet.ends) - _minute_of_day(quiet.starts)) % (24 * 60)
    if minutes * _MINUTE > LONGEST:
        raise InvalidInput(field="quiet_hours.ends", reason=_TOO_LONG)
    return quiet


def allowed_from(at: datetime, quiet: QuietHours | None, zone: ZoneInfo) -> datetime:
    """The first instant from `at` on that is not in quiet hours; in UTC.

    They end when the wall shows their end, or where a change to or from summer time puts the wall past it.
    """
    at = at.astimezone(UTC)
    if quiet is None or not _quiet(at, quiet, zone):
        return at
    day = at.astimezone(zone).date()
    ends = [
        datetime.combine(day + timedelta(days=days), quiet.ends, zone).replace(fold=fold).astimezone(UTC)
        for days in (0, 1, 2)
        for fold in (0, 1)
    ]
    candidates = [*ends, *_changes(at, max(ends), zone)]
    return min(each for each in candidates if each > at and not _quiet(each, quiet, zone))


def _quiet(at: datetime, quiet: QuietHours, zone: ZoneInfo) -> bool:
    return quiet.holds(at.astimezone(zone).time())


def _changes(begins: datetime, ends: datetime, zone: ZoneInfo) -> list[datetime]:
    """When the zone's distance from UTC changes between the two, to the minute."""
    found = []
    hour = timedelta(hours=1)
    earlier = begins.replace(minute=0, second=0, microsecond=0)
    while earlier < ends:
        if _offset(earlier, zone) != _offset(earlier + hour, zone):
            minutes = (earlier + n * _MINUTE for n in range(1, 61))
            found.append(next(each for each in minutes if _offset(each, zone) != _offset(earlier, zone)))
        earlier += hour
    return found


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def _minute_of_day(wall: time) -> int:
    return wall.hour * 60 + wall.minute
