"""A resident's list touches no more for all the items that others have."""

from typing import Any
from uuid import UUID

import pytest

from platform_kit.acting import SYSTEM, acting_for
from proof.figures import Tell, proving
from resident_gateway import store
from touched import role_of, tell_growth, tidy, touched

from .conftest import Entrance

FEW, MANY = (20_000, 2_000_000) if proving() else (10_000, 40_000)
# Each person has a hundred.
_ITEMS = """
    INSERT INTO timeline_item (person_id, subject_id, kind, number, detail, state, happened_at, version)
    SELECT lpad(to_hex(n / 100), 32, '0')::uuid, gen_random_uuid(), 'request', 'S' || n, 'errand', 'closed',
           clock_timestamp() - n * interval '1 s', 1
    FROM generate_series($1::int, $2::int) n
"""


@pytest.mark.timeout(1800)
async def test_a_residents_list_touches_the_same_however_many_others_have_theirs(
    entrance: Entrance, figure: Tell
) -> None:
    gateway = entrance.gateway
    person = gateway.caller("resident", subject=UUID(int=7))
    acting = acting_for(person)

    async def page(tx: Any) -> None:
        rows, _, print_ = await store.newest(tx, acting, person.subject, 50)
        assert len(rows) == 50
        assert await store.print_of_newest(tx, acting, person.subject, 50) == print_

    points = []
    async with role_of(gateway) as role:
        for first, last in ((1, FEW), (FEW + 1, MANY)):
            async with gateway.owner() as owner:
                await owner.execute("SELECT set_config('linli.caller', $1, true)", SYSTEM.setting)
                await owner.execute("SET LOCAL statement_timeout = 0")
                await owner.execute(_ITEMS, first, last, timeout=900)
            await tidy(gateway.owner_dsn)
            points.append(await touched(role, page, acting))
    tell_growth(figure, "a resident's list", *points, rows=(FEW, MANY))
