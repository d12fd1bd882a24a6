"""Reads with the application's checks switched off: row-level security alone, under the service's own role."""

from typing import Any

import asyncpg
import pytest

from access.houses import open_world
from access.principals import PRINCIPALS
from access.rows import OPEN, TABLES, Table
from access.world import World
from platform_kit.auth import Caller
from platform_kit.db import Tx

TAKES_EFFECT = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = $1::regclass"


async def as_principal(tx: Tx, caller: Caller | None) -> None:
    """What the kit says to the database at the start of whatever it does for this caller; None: it says nothing."""
    from platform_kit.acting import acting_for  # comes with row-level security

    said = acting_for(caller).setting if caller else ""
    await tx.execute("SELECT set_config('linli.caller', $1, true)", said)


@pytest.mark.parametrize("name", TABLES)
async def test_row_level_security_alone_shows_everybody_their_own(servers: Any, name: str) -> None:
    async with open_world(name, servers.postgres_dsn) as (world, dsn):
        admin = await asyncpg.connect(dsn)
        try:
            secured = {table.name: await admin.fetchval(TAKES_EFFECT, table.name) for table in TABLES[name]}
            if not any(secured.values()):
                pytest.skip(f"{name} has no row-level security yet: {', '.join(secured)}")
            assert all(secured.values()), f"tables without row-level security: {secured}"
            for table in TABLES[name]:
                await getattr(world, table.made)()
            wrong = [line for table in TABLES[name] for line in await _misread(world, admin, table)]
        finally:
            await admin.close()
    assert not wrong, "\n".join(wrong)


async def _misread(world: World, admin: Any, table: Table) -> list[str]:
    rows = await admin.fetch(f"SELECT DISTINCT key::text, person FROM ({table.whose}) known")
    persons = {"A": world.people.subjects[table.a], "B": world.people.subjects[table.b]}
    keys = {
        owner: {row["key"] for row in rows if row["person"] == person} for owner, person in persons.items()
    }
    assert keys["A"], f"{table.name} holds nothing of A: what nobody sees proves nothing"
    wrong = []
    for principal, expected in table.expected().items():
        async with world.service.tx() as tx:
            await as_principal(tx, None if principal == "nobody" else world.people.caller(principal))
            seen = {
                row["key"] for row in await tx.fetch(f'SELECT "{table.key}"::text AS key FROM "{table.name}"')
            }
        for owner, theirs in keys.items():
            if owner in expected and "?" not in expected and not theirs <= seen:
                wrong.append(f"{table.name}: {principal} does not see {owner}'s {len(theirs - seen)} rows")
            if owner not in expected and theirs & seen:
                wrong.append(f"{table.name}: {principal} sees {len(theirs & seen)} rows of {owner}")
        if principal == "nobody" and seen:
            wrong.append(f"{table.name}: with nothing said {len(seen)} rows are seen")
    return wrong


def test_every_table_speaks_of_principals_that_there_are() -> None:
    for table in (each for tables in TABLES.values() for each in tables):
        assert set(table.expected()) == set(PRINCIPALS) - set(OPEN)
