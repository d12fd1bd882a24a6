"""What staff work from: what lies in their units, or what one of them was given; the newest first, or what is due first.

Of a person's own the index of assignees gives the page, as that of each unit gives it of what lies there: what is read does not grow
with what has gathered behind it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from asyncpg import Record

from platform_kit.db import Tx
from platform_kit.paging import cut_page, decode_cursor, encode_cursor
from platform_kit.rows import load
from registry_replica.store import SUBTREE
from registry_replica.worklist import fetch_worklist
from resident_requests.rules.request import Request, State
from resident_requests.store.requests import COLUMNS

_NEWEST = UUID(int=2**128 - 1)
_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
_UNITS = f"unit u WHERE {SUBTREE.format(code='u.code', prefixes='$1')}"
# As text: a condition on the column itself would let the planner take an index of units, and sort.
_THERE = f"t.unit_id::text = ANY (ARRAY(SELECT u.id::text FROM {_UNITS}))"


async def page_for_staff(
    tx: Tx,
    codes: Sequence[str],
    state: State | None,
    limit: int,
    cursor: str | None,
    *,
    assignee_id: UUID | None = None,
) -> tuple[list[Request], str | None]:
    """Of these subtrees; with an assignee only what they were given."""
    states = list(State) if state is None else [state]
    if assignee_id is None:
        rows, following = await fetch_worklist(
            tx, COLUMNS, "request", codes, states, limit=limit, cursor=cursor
        )
    else:
        rows, following = await _given(tx, codes, states, assignee_id, limit, cursor)
    return [request for row in rows if (request := load(Request, row))], following


async def _given(
    tx: Tx,
    codes: Sequence[str],
    states: Sequence[State],
    assignee_id: UUID,
    limit: int,
    cursor: str | None,
) -> tuple[list[Record], str | None]:
    """Each state gives its newest few, as in every work list."""
    before = decode_cursor(cursor)[0] if cursor else _NEWEST
    rows = await tx.fetch(
        f"""
        SELECT {COLUMNS} FROM request t WHERE t.id = ANY (ARRAY(
            SELECT one.id FROM unnest($2::text[]) s (state) CROSS JOIN LATERAL (
                SELECT t.id FROM request t WHERE t.assignee_id = $5 AND t.state = s.state AND t.id < $3 AND {_THERE}
                ORDER BY t.id DESC LIMIT $4
            ) one ORDER BY one.id DESC LIMIT $4
        )) ORDER BY t.id DESC
        """,
        list(codes),
        list(states),
        before,
        limit + 1,
        assignee_id,
    )
    return cut_page(rows, limit)


# $2 and $3 are what the page before ended with, $4 how many there may be.
_DUE_OF_UNITS = f"""
    SELECT one.id FROM unit u CROSS JOIN LATERAL (
        SELECT t.id, t.due_at FROM request t
        WHERE t.unit_id = u.id AND t.due_at IS NOT NULL AND (t.due_at, t.id) > ($2, $3)
        ORDER BY t.due_at, t.id LIMIT $4
    ) one
    WHERE {SUBTREE.format(code="u.code", prefixes="$1")} ORDER BY one.due_at, one.id LIMIT $4
"""
_DUE_OF_ASSIGNEE = f"""
    SELECT t.id FROM request t
    WHERE t.assignee_id = $5 AND t.due_at IS NOT NULL AND (t.due_at, t.id) > ($2, $3) AND {_THERE}
    ORDER BY t.due_at, t.id LIMIT $4
"""


async def page_by_due(
    tx: Tx, codes: Sequence[str], limit: int, cursor: str | None, *, assignee_id: UUID | None = None
) -> tuple[list[Request], str | None]:
    """What is promised, the first first. As in a work list each unit gives its first few by an index."""
    after = decode_cursor(cursor, (datetime.fromisoformat, UUID)) if cursor else (_LONG_AGO, UUID(int=0))
    page, whose = (_DUE_OF_UNITS, ()) if assignee_id is None else (_DUE_OF_ASSIGNEE, (assignee_id,))
    rows = await tx.fetch(
        f"""
        SELECT {COLUMNS}, due_at FROM request t WHERE t.id = ANY (ARRAY({page})) ORDER BY t.due_at, t.id
        """,
        list(codes),
        *after,
        limit + 1,
        *whose,
    )
    kept = rows[:limit]
    following = encode_cursor([kept[-1]["due_at"], kept[-1]["id"]]) if len(rows) > limit else None
    return [request for row in kept if (request := load(Request, row))], following
