"""By what a request's promises are counted, and which of them were missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from platform_kit.db import Tx
from platform_kit.working_time import WorkCalendar
from registry_replica.calendars import IN_FORCE, work_calendar
from resident_requests.rules.clocks import Breach, Promise
from resident_requests.rules.request import Request
from resident_requests.store.categories import read_category


@dataclass(frozen=True, slots=True)
class Clockwork:
    """By what the promises of a request are counted: its category's, in the working time of its unit."""

    promise: Promise
    calendar: WorkCalendar


# For a wider query over the category `c` and the unit `u`, with IN_FORCE.
CLOCKWORK = "c.*, u.zone, calendar.content AS calendar"


async def clockwork(tx: Tx, request: Request) -> Clockwork:
    [row] = await tx.fetch(
        f"""
        SELECT {CLOCKWORK} FROM category c LEFT JOIN unit u ON u.id = $2 {IN_FORCE} WHERE c.code = $1
        """,
        request.category,
        request.unit_id,
    )
    return read_clockwork(row)


def read_clockwork(row: asyncpg.Record) -> Clockwork:
    """From what CLOCKWORK gives of a category that there is."""
    # A unit of which the replica has not heard yet has no zone either.
    return Clockwork(read_category(row).promise, work_calendar(row["zone"] or "UTC", row["calendar"]))


async def calendars(tx: Tx, unit_ids: Sequence[UUID]) -> dict[UUID, WorkCalendar]:
    """Of those of these units that are known."""
    rows = await tx.fetch(
        f"SELECT u.id, u.zone, calendar.content FROM unit u {IN_FORCE} WHERE u.id = ANY($1)",
        list(set(unit_ids)),
    )
    return {row["id"]: work_calendar(row["zone"], row["content"]) for row in rows}


async def insert_breach(tx: Tx, request: Request, breach: Breach, at: datetime) -> bool:
    """True the first time."""
    added = await tx.fetchval(
        """
        INSERT INTO breach (request_id, round, clock, level, at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING RETURNING true
        """,
        request.id,
        request.round,
        breach.clock,
        breach.level,
        at,
    )
    return bool(added)
