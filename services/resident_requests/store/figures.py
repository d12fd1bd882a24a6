"""How many requests there are: counted by the database, never from a page of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load
from registry_replica.store import SUBTREE
from resident_requests.rules.request import State
from resident_requests.store.requests import IS_OPEN


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the open requests of a category in a unit: how many there are, wait for their resident, are overdue; how many are younger
    than a day, than a week, and older; since when the oldest waits."""

    unit_id: UUID
    category: str
    open: int
    awaiting_resident: int
    overdue: int
    under_a_day: int
    under_a_week: int
    older: int
    oldest_at: datetime


async def figures(tx: Tx, codes: Sequence[str], at: datetime) -> list[Figures]:
    rows = await tx.fetch(
        f"""
        SELECT t.unit_id, t.category, count(*) AS open, count(*) FILTER (WHERE t.state = 'awaiting_resident') AS awaiting_resident,
               count(*) FILTER (WHERE t.due_at <= $2) AS overdue,
               count(*) FILTER (WHERE t.occurred_at > $2 - interval '1 day') AS under_a_day,
               count(*) FILTER (WHERE t.occurred_at <= $2 - interval '1 day' AND t.occurred_at > $2 - interval '7 days') AS under_a_week,
               count(*) FILTER (WHERE t.occurred_at <= $2 - interval '7 days') AS older, min(t.occurred_at) AS oldest_at
        FROM unit u JOIN request t ON t.unit_id = u.id AND {IS_OPEN}
        WHERE {SUBTREE.format(code="u.code", prefixes="$1")} GROUP BY t.unit_id, t.category ORDER BY t.unit_id, t.category
        """,
        list(codes),
        at,
    )
    return [found for row in rows if (found := load(Figures, row))]


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many requests of a category, in a state, happened in a month of a unit's own calendar ("2026-11")."""

    unit_id: UUID
    category: str
    state: State
    month: str
    requests: int


async def statistics(tx: Tx, codes: Sequence[str], since: datetime, until: datetime) -> list[Statistics]:
    """Of what happened from the first instant on and before the second."""
    rows = await tx.fetch(
        f"""
        SELECT t.unit_id, t.category, t.state, to_char(t.occurred_at AT TIME ZONE u.zone, 'YYYY-MM') AS month, count(*) AS requests
        FROM unit u JOIN request t ON t.unit_id = u.id AND t.occurred_at >= $2 AND t.occurred_at < $3
        WHERE {SUBTREE.format(code="u.code", prefixes="$1")} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        """,
        list(codes),
        since,
        until,
    )
    return [found for row in rows if (found := load(Statistics, row))]
