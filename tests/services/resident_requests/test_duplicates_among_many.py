"""However many requests lie behind it, looking for what is like one touches a few pages, by the same indexes."""

import asyncio
from typing import Any

import orjson
import pytest

from platform_kit.acting import acting_for
from platform_kit.clock import now
from platform_kit.db import Tx
from resident_requests import store
from resident_requests.rules.likeness import Point, cell_of

from .conftest import Neighbourhood

FEW, MANY = 1_000, 50_000
HERE = Point(30.5810, 114.3170)
# All of them open and of one category; every third where it is looked for, the others in the rest of the city, by the thousand in
# some of its cells; forty pieces of words each.
_FILL = """
    WITH made AS (
        INSERT INTO request (id, case_number, resident_id, filed_by, unit_id, category, state, occurred_at, version, created_at)
        SELECT gen_random_uuid(), 'G' || n, $3, $3, $4, 'streetlight', 'submitted', $5::timestamptz - n * interval '1 second', 1, $5
        FROM generate_series($1::int, $2::int) n RETURNING id, case_number, unit_id, occurred_at
    )
    INSERT INTO likeness (request_id, case_number, category, unit_id, state, occurred_at, latitude, longitude, cell, prints)
    SELECT id, case_number, 'streetlight', unit_id, 'submitted', occurred_at, $6, $7,
           CASE WHEN substr(case_number, 2)::int % 3 = 0 THEN $8::bigint ELSE $8::bigint + 7 + substr(case_number, 2)::int % 50 END,
           ARRAY(SELECT (random() * 1000000)::int + length(case_number) FROM generate_series(1, 40))
    FROM made
"""


async def _grown(here: Neighbourhood, first: int, last: int) -> None:
    async with here.service.tx() as tx:
        at = await now(tx)
        place = HERE.latitude, HERE.longitude, cell_of(HERE)
        await tx.execute(_FILL, first, last, here.resident.subject, here.unit, at, *place, timeout=600)
    async with here.service.owner() as owner:
        await owner.execute("ANALYZE likeness")


async def _touched(here: Neighbourhood, sought: store.Sought) -> tuple[int, list[str]]:
    """Buffers of the search as it is run, and what it reads by which index."""
    queries: list[Any] = []
    async with here.service.tx(acting_for(here.daughter)) as tx:
        with tx.query_logger(queries.append):
            assert await store.candidates(tx, sought)
        # What was asked is told in the loop's next turn.
        await asyncio.sleep(0)
        [query] = queries
        plan = [await _explained(tx, query) for _ in range(2)][1]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], list(_indexes(plan))


async def _explained(tx: Tx, query: Any) -> Any:
    said = await tx.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query.query}", *query.args)
    [explained] = orjson.loads(said) if isinstance(said, str) else said
    return explained["Plan"]


def _indexes(plan: Any) -> Any:
    if "Index Name" in plan and plan["Actual Loops"]:
        yield plan["Index Name"]
    for each in plan.get("Plans", ()):
        yield from _indexes(each)


@pytest.mark.parametrize(("point", "index"), [(HERE, "ix_likeness_cell"), (None, "ix_likeness_unit_id")])
async def test_what_the_search_touches_does_not_grow(
    here: Neighbourhood, point: Point | None, index: str
) -> None:
    found = []
    for first, last in ((1, FEW), (FEW + 1, MANY)):
        await _grown(here, first, last)
        async with here.service.tx() as tx:
            sought = store.Sought("streetlight", here.unit, point, await now(tx), list(range(40)))
        found.append(await _touched(here, sought))
    (few, by), (many, also_by) = found

    assert by == also_by
    assert index in by
    assert many <= 2 * few, found
