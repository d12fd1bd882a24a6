"""What a list of public reports touches: it does not grow with the table."""

from typing import Any

from platform_kit.acting import NOBODY, acting_for
from platform_kit.clock import now
from resident_requests import store
from resident_requests.rules.georeport import MOST, understood
from touched import Operation, role_of, tidy, touched

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
    await tidy(here.service.owner_dsn)


async def test_a_list_touches_as_much_however_many_there_are(here: Neighbourhood) -> None:
    """As the database tells whoever has not signed in."""

    def listing(**asked: Any) -> Operation:
        async def newest(tx: Any) -> None:
            nothing: dict[str, Any] = {"ids": [], "codes": [], "start": "", "end": "", "status": []}
            question = understood(**(nothing | asked), at=await now(tx))
            assert len(await store.newest_public_reports(tx, CODES, question)) == MOST

        return newest

    operations = (listing(), listing(status=["open"]))
    async with role_of(here.service) as role:
        await _fill(here, 1, 20_000)
        before = [await touched(role, each, NOBODY) for each in operations]
        await _fill(here, 20_001, 120_000)
        after = [await touched(role, each, NOBODY) for each in operations]
    for few, many in zip(before, after, strict=True):
        assert "ix_public_report_listed" in " ".join(many.shapes)
        assert many.shapes == few.shapes
        assert many.buffers <= 2 * few.buffers, (
            f"{few.buffers} buffers of 20,000 rows, {many.buffers} of 120,000"
        )


async def test_what_everybody_sees_is_written_by_nobody(here: Neighbourhood) -> None:
    """Whoever changes a request changes what is public of it, and nothing else of that table, whatever the code forgets."""
    await here.submit(category="graffiti", place={"address": "桥头"})
    for acting in (acting_for(here.resident), acting_for(here.worker), NOBODY):
        async with here.service.tx(acting) as tx:
            assert await tx.execute("UPDATE public_report SET state = 'closed'") == "UPDATE 0"
            assert await tx.execute("DELETE FROM public_report") == "DELETE 0"
