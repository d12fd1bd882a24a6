"""By what a public request is found again before somebody files the same: its public facts, and keyed prints of its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load
from resident_requests.rules.likeness import (
    LOOK_BACK,
    OF_A_CELL,
    OF_A_UNIT,
    Candidate,
    Point,
    cell_of,
    cell_without_point,
    cells_near,
    point_at,
)
from resident_requests.rules.request import Request
from resident_requests.store.requests import IS_OPEN

_COLUMNS = "request_id, case_number, category, unit_id, state, occurred_at, latitude, longitude, cell, prints"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is compared: `prints` of the pieces of its words, each once."""

    category: str
    unit_id: UUID
    point: Point | None
    occurred_at: datetime
    prints: Sequence[int] = ()


_NEAR = f"{IS_OPEN} AND t.occurred_at BETWEEN $5 AND $6 ORDER BY t.occurred_at DESC"
_COMPARED = (
    "t.request_id, t.case_number, t.category, t.state, t.occurred_at, t.latitude, t.longitude, t.prints"
)
# Whatever stands behind it: at most so many rows of each of ten cells, or of one community, by an index that has them in order,
# and all that is compared of them: each row looked up in the table would be a page more.
_CANDIDATES = f"""
    SELECT l.request_id, l.case_number, l.category, l.state, l.occurred_at, l.latitude, l.longitude,
           cardinality(l.prints) AS pieces,
           (SELECT count(*) FROM (SELECT unnest(l.prints) INTERSECT SELECT unnest($4::int[])) alike) AS shared
    FROM category c CROSS JOIN LATERAL (
        (SELECT found.* FROM unnest($2::bigint[]) near(cell) CROSS JOIN LATERAL (
            SELECT {_COMPARED} FROM likeness t WHERE t.category = c.code AND t.cell = near.cell AND {_NEAR} LIMIT {OF_A_CELL}
        ) found)
        UNION ALL
        (SELECT {_COMPARED} FROM likeness t WHERE t.category = c.code AND t.unit_id = $3::uuid AND {_NEAR} LIMIT {OF_A_UNIT})
    ) l
    WHERE c.code = $1 AND NOT c.private AND l.request_id IS DISTINCT FROM $7::uuid
"""


async def candidates(tx: Tx, sought: Sought, *, but: UUID | None = None) -> list[Candidate]:
    """Open public requests of the category; nothing of a category that has become private."""
    return _read(await tx.fetch(_CANDIDATES, *_asked(sought), but))


async def insert_likeness(tx: Tx, request: Request, sought: Sought) -> list[Candidate]:
    """In the same round trip the candidates that there were before."""
    kept = f"INSERT INTO likeness ({_COLUMNS}) VALUES ($8, $9, $1, $10, $11, $12, $13, $14, $15, $4)"
    rows = await tx.fetch(
        f"WITH kept AS ({kept}) {_CANDIDATES}", *_asked(sought), None, *_kept(request, sought)
    )
    return _read(rows)


async def insert_likenesses(tx: Tx, kept: Sequence[tuple[UUID, str, str, Sought]]) -> None:
    """Of imported reports: id, case number, state, what it is."""
    await tx.executemany(
        f"INSERT INTO likeness ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        [
            (request_id, number, each.category, each.unit_id, state, each.occurred_at, *_place(each), list(each.prints))
            for request_id, number, state, each in kept
        ],
    )  # fmt: skip


async def likeness(tx: Tx, request_id: UUID) -> Sought | None:
    row = await tx.fetchrow(f"SELECT {_COLUMNS} FROM likeness WHERE request_id = $1", request_id)
    if row is None:
        return None
    point = point_at(row["latitude"], row["longitude"])
    return Sought(row["category"], row["unit_id"], point, row["occurred_at"], row["prints"])


async def save_prints(tx: Tx, request_id: UUID, prints: Sequence[int]) -> None:
    """Where it has a likeness."""
    await tx.execute("UPDATE likeness SET prints = $2 WHERE request_id = $1", request_id, list(prints))


async def delete_likeness(tx: Tx, request_id: UUID) -> None:
    await tx.execute("DELETE FROM likeness WHERE request_id = $1", request_id)


async def delete_likenesses(tx: Tx, resident_id: UUID) -> None:
    await tx.execute(
        "DELETE FROM likeness WHERE request_id IN (SELECT id FROM request WHERE resident_id = $1)",
        resident_id,
    )


def _asked(sought: Sought) -> tuple[Any, ...]:
    """$1 to $6. What has a point is compared with what is near it, and with what has none in the same community; what has none,
    with all of the community."""
    cells = [*cells_near(sought.point), cell_without_point(sought.unit_id)] if sought.point else []
    return (
        sought.category, cells, None if sought.point else sought.unit_id, list(sought.prints),
        sought.occurred_at - LOOK_BACK, sought.occurred_at + LOOK_BACK,
    )  # fmt: skip


def _kept(request: Request, sought: Sought) -> tuple[Any, ...]:
    return (
        request.id, request.case_number, request.unit_id, request.state, request.occurred_at, *_place(sought),
    )  # fmt: skip


def _place(sought: Sought) -> tuple[float | None, float | None, int]:
    if sought.point is None:
        return None, None, cell_without_point(sought.unit_id)
    return sought.point.latitude, sought.point.longitude, cell_of(sought.point)


def _read(rows: Sequence[Any]) -> list[Candidate]:
    return [candidate for row in rows if (candidate := load(Candidate, row))]
