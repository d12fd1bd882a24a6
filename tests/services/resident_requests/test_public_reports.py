"""What a list of public reports touches: it does not grow with the table."""

import json
from typing import Any

from platform_kit.acting import NOBODY, acting_for
from platform_kit.clock import now
from platform_kit.db import connect
from platform_kit.testing import ServiceUnderTest
from resident_requests import store
from resident_requests.rules.georeport import MOST, understood

from .conftest import Neighbourhood

CODES = ("graffiti", "bulky_items", "illegal_dumping", "appliances", "e_waste", "streetlight", "dead_animal")


async def _fill(here: Neighbourhood, first: int, last: int) -> None:
    """As they come: the later, the later in the table; nine of ten closed, one a minute."""
    async with here.service.tx() as tx:
        await tx.execute(
            """
            INSERT INTO request (id, case_number, filed_by, unit_id, category, state, occurred_at, version, created_at, source,
                                 source_number)
            SELECT uuidv7((n - 120000) * interval '1 minute'), 'n' || n, gen_random_uuid(), $1, ($2::text[])[1 + n % 7],
                   CASE WHEN n % 10 = 0 THEN 'submitted' ELSE 'closed' END,
                   linli_now() + (n - 120000) * interval '1 minute', 1, linli_now(), 'many', n
            FROM generate_series($3::int, $4::int) n
            """,
            here.unit,
            list(CODES),
            first,
            last,
        )
    # As autovacuum leaves it, which no transaction may.
    owner = await connect(here.service.owner_dsn, "owner")
    await owner.execute("VACUUM ANALYZE public_report")
    await owner.close()


async def _touched(service: ServiceUnderTest, **asked: Any) -> tuple[int, str]:
    """Buffers, and the shape of the plan, as the database tells whoever has not signed in."""
    logged: list[Any] = []
    async with service.tx(NOBODY) as tx:
        nothing: dict[str, Any] = {"ids": [], "codes": [], "start": "", "end": "", "status": []}
        question = understood(**(nothing | asked), at=await now(tx))
        with tx.query_logger(logged.append):
            assert len(await store.newest_public_reports(tx, CODES, question)) == MOST
            await tx.fetchval("SELECT 1")
        query = next(each for each in logged if "LATERAL" in each.query)
        # The second time: what is cold only once does not count.
        [explained] = json.loads(
            await tx.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query.query}", *query.args)
        )
    plan = explained["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], _shape(plan)


def _shape(plan: dict[str, Any]) -> str:
    inner = ", ".join(_shape(each) for each in plan.get("Plans", ()))
    return f"{plan['Node Type']} {plan.get('Index Name', '')}({inner})"


async def test_a_list_touches_as_much_however_many_there_are(here: Neighbourhood) -> None:
    await _fill(here, 1, 20_000)
    before = [await _touched(here.service), await _touched(here.service, status=["open"])]
    await _fill(here, 20_001, 120_000)
    after = [await _touched(here.service), await _touched(here.service, status=["open"])]
    for (few, shape_before), (many, shape_after) in zip(before, after, strict=True):
        assert "ix_public_report_listed" in shape_after
        assert shape_after == shape_before
        assert many <= 2 * few, f"{few} buffers of 20,000 rows, {many} of 120,000"


async def test_what_everybody_sees_is_written_by_nobody(here: Neighbourhood) -> None:
    """Whoever changes a request changes what is public of it, and nothing else of that table, whatever the code forgets."""
    await here.submit(category="graffiti", place={"address": "桥头"})
    for acting in (acting_for(here.resident), acting_for(here.worker), NOBODY):
        async with here.service.tx(acting) as tx:
            assert await tx.execute("UPDATE public_report SET state = 'closed'") == "UPDATE 0"
            assert await tx.execute("DELETE FROM public_report") == "DELETE 0"
