"""The list that staff work from: what lies in their units, newest first.

Each unit and state gives its newest few by the index (unit_id, state, id), and the newest of these are the page: what is
read is bounded by units × states × the page, never by how much has gathered behind them. To a post at the top nearly all rows
are its own: each state gives its newest by the index (state, id), whatever the units. The page is fetched by one scan for
all of its ids, which lie beside each other as they are of the same days; a look for each would descend the index 51 times.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from platform_kit.db import Tx
from platform_kit.paging import cut_page, decode_cursor
from registry_replica.store import SUBTREE

_NEWEST = UUID(int=2**128 - 1)
_UNITS = f"unit u WHERE {SUBTREE.format(code='u.code', prefixes='$1')}"
_OF_A_UNIT = f"""
    unnest($2::text[]) s (state) CROSS JOIN (SELECT u.id FROM {_UNITS}) u CROSS JOIN LATERAL (
        SELECT t.id FROM {{table}} t WHERE t.unit_id = u.id AND t.state = s.state AND t.id < $3
        ORDER BY t.id DESC LIMIT $4
    )
"""  # noqa: S608 - `table` is a constant of a store
# As text: a condition on the column itself would let the planner take the other index while there are few rows, and sort.
_OF_A_STATE = f"""
    unnest($2::text[]) s (state) CROSS JOIN LATERAL (
        SELECT t.id FROM {{table}} t WHERE t.state = s.state AND t.id < $3 AND t.unit_id::text = ANY (ARRAY(SELECT u.id::text FROM {_UNITS}))
        ORDER BY t.id DESC LIMIT $4
    )
"""  # noqa: S608 - `table` is a constant of a store


async def fetch_worklist(
    tx: Tx,
    columns: str,
    table: str,
    codes: Sequence[str],
    states: Sequence[str],
    *,
    limit: int,
    cursor: str | None,
) -> tuple[list[asyncpg.Record], str | None]:
    """`columns` of the rows `t` of `table` (id, unit_id, state, …) in the subtrees of these unit codes; and the next cursor."""
    before = decode_cursor(cursor)[0] if cursor else _NEWEST
    each = _OF_A_STATE if any("/" not in code for code in codes) else _OF_A_UNIT
    rows = await tx.fetch(
        f"""
        SELECT {columns} FROM {table} t WHERE t.id = ANY (ARRAY(
            SELECT one.id FROM {each.format(table=table)} one ORDER BY one.id DESC LIMIT $4
        )) ORDER BY t.id DESC
        """,  # noqa: S608 - both are constants of a store
        list(codes),
        list(states),
        before,
        limit + 1,
    )
    return cut_page(rows, limit)
