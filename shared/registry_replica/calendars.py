"""When a unit is at work: by its own calendar, or by that of the nearest unit above which has one.

The registry asks as well: its own tables have the same names and columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from platform_kit.db import Tx
from platform_kit.working_time import Span, WorkCalendar

# What is promised before anybody has set a calendar: the usual hours of an office, on the days that the country works.
_MORNING, _AFTERNOON = ("09:00:00", "12:00:00"), ("14:00:00", "18:00:00")
USUAL: Mapping[str, Any] = {
    "hours": [[{"opens": opens, "closes": closes} for opens, closes in (_MORNING, _AFTERNOON)]] * 5
    + [[], []],
    "days": [],
    "country": "CN",
}

# For a wider query: `set_for` and `content` of what holds for the unit `u`, nulls when nobody has set any.
IN_FORCE = """
    LEFT JOIN LATERAL (
        SELECT c.unit_id AS set_for, c.content FROM work_calendar c JOIN unit above ON above.id = c.unit_id
        WHERE u.code = above.code OR starts_with(u.code, above.code || '/') ORDER BY length(above.code) DESC LIMIT 1
    ) calendar ON true
"""


@dataclass(frozen=True, slots=True)
class InForce:
    """`content` as the event says it: hours, days, country."""

    zone: str
    set_for: UUID | None
    content: Mapping[str, Any]


async def in_force(tx: Tx, unit_id: UUID) -> InForce | None:
    """None for a unit that is not known."""
    row = await tx.fetchrow(
        f"SELECT u.zone, calendar.set_for, calendar.content FROM unit u {IN_FORCE} WHERE u.id = $1",  # noqa: S608
        unit_id,
    )
    return InForce(row["zone"], row["set_for"], row["content"] or USUAL) if row else None


def work_calendar(zone: str, content: Mapping[str, Any] | None) -> WorkCalendar:
    """`content` as `IN_FORCE` gives it."""
    return _made(zone, orjson.dumps(content or USUAL))


@lru_cache(maxsize=256)
def _made(zone: str, content: bytes) -> WorkCalendar:
    """Once for each that holds somewhere: what a calendar has worked out of its days serves every request there."""
    said = orjson.loads(content)
    return WorkCalendar(
        zone,
        tuple(_spans(spans) for spans in said["hours"]),
        {date.fromisoformat(day["on"]): _spans(day["spans"]) for day in said["days"]},
        said["country"],
    )


def _spans(spans: list[dict[str, str]]) -> tuple[Span, ...]:
    return tuple((time.fromisoformat(span["opens"]), time.fromisoformat(span["closes"])) for span in spans)
