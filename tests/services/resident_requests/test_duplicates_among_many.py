"""However many requests lie behind it, looking for what is like one touches a few pages, by the same indexes."""

from typing import Any

import pytest

from platform_kit.acting import acting_for
from platform_kit.clock import now
from resident_requests import store
from resident_requests.rules.likeness import Point, cell_of
from touched import role_of, touched

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


@pytest.mark.parametrize(("point", "index"), [(HERE, "ix_likeness_cell"), (None, "ix_likeness_unit_id")])
async def test_what_the_search_touches_does_not_grow(
    here: Neighbourhood, point: Point | None, index: str
) -> None:
    async with here.service.tx() as tx:
        at = await now(tx)
    sought = store.Sought("streetlight", here.unit, point, at, list(range(40)))

    async def search(tx: Any) -> None:
        assert await store.candidates(tx, sought)

    found = []
    async with role_of(here.service) as role:
        for first, last in ((1, FEW), (FEW + 1, MANY)):
            await _grown(here, first, last)
            found.append(await touched(role, search, acting_for(here.daughter)))
    few, many = found

    assert few.shapes == many.shapes
    assert index in few.shapes[0]
    assert many.buffers <= 2 * few.buffers, found
