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
class OpenRequests:
    """How many are open, wait for their resident, are overdue; how many are younger than a day, than a week, and older; since when
    the oldest waits."""

    unit_id: UUID
    open: int
    awaiting_resident: int
    overdue: int
    under_a_day: int
    under_a_week: int
    older: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Figures(OpenRequests):
    """Of a category in a unit."""

    category: str


@dataclass(frozen=True, slots=True)
class AssigneeFigures(OpenRequests):
    """Of what somebody was given in a unit; None: of what nobody was."""

    assignee_id: UUID | None


# By the unit and one column `by` more.
_COUNTED = f"""
    SELECT t.unit_id, t.{{by}}, count(*) AS open, count(*) FILTER (WHERE t.state = 'awaiting_resident') AS awaiting_resident,
           count(*) FILTER (WHERE t.due_at <= $2) AS overdue,
           count(*) FILTER (WHERE t.occurred_at > $2 - interval '1 day') AS under_a_day,
           count(*) FILTER (WHERE t.occurred_at <= $2 - interval '1 day' AND t.occurred_at > $2 - interval '7 days') AS under_a_week,
           count(*) FILTER (WHERE t.occurred_at <= $2 - interval '7 days') AS older, min(t.occurred_at) AS oldest_at
    FROM unit u JOIN request t ON t.unit_id = u.id AND {IS_OPEN}
    WHERE {SUBTREE.format(code="u.code", prefixes="$1")} AND ($3::uuid IS NULL OR t.assignee_id = $3)
    GROUP BY t.unit_id, t.{{by}} ORDER BY t.unit_id, t.{{by}}
"""


async def figures(
    tx: Tx, codes: Sequence[str], at: datetime, *, assignee_id: UUID | None = None
) -> list[Figures]:
    """Of these subtrees, by category; with an assignee only of what they were given."""
    rows = await tx.fetch(_COUNTED.format(by="category"), list(codes), at, assignee_id)
    return [found for row in rows if (found := load(Figures, row))]


async def assignee_figures(
    tx: Tx, codes: Sequence[str], at: datetime, *, assignee_id: UUID | None = None
) -> list[AssigneeFigures]:
    """The same, by who has it."""
    rows = await tx.fetch(_COUNTED.format(by="assignee_id"), list(codes), at, assignee_id)
    return [found for row in rows if (found := load(AssigneeFigures, row))]


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
