"""Reads with the application's checks switched off: row-level security alone, under the service's own role."""

from typing import Any

import asyncpg
import pytest

from access.houses import open_world
from access.judged import ROWS, JudgedRows
from access.principals import PRINCIPALS
from access.rows import OPEN, PUBLIC, TABLES, Table
from access.world import World
from barrier import UNSET
from platform_kit import audit_tables, backbone_tables
from platform_kit.acting import NOBODY, Acting, acting_for

# Of the kit: `tests/architecture/test_row_security.py` says why.
KIT = backbone_tables.TABLES | audit_tables.TABLES | {"alembic_version"}


@pytest.mark.parametrize("name", TABLES)
async def test_row_level_security_alone_shows_everybody_their_own(
    servers: Any, name: str, record_property: Any
) -> None:
    judged = JudgedRows()
    async with open_world(name, servers.postgres_dsn) as (world, dsn):
        admin = await asyncpg.connect(dsn)
        try:
            for table in TABLES[name]:
                await getattr(world, table.made)()
            for table in TABLES[name]:
                await _judge(judged, world, admin, table)
        finally:
            await admin.close()
    record_property(ROWS, judged.figures)
    assert not judged.faults, "\n".join(judged.faults)


@pytest.mark.parametrize("name", TABLES)
async def test_every_table_is_judged_or_public(servers: Any, name: str) -> None:
    async with open_world(name, servers.postgres_dsn) as (world, _), world.service.tx() as tx:
        found = await tx.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    told = {table.name for table in TABLES[name]} | PUBLIC[name]
    assert {row["tablename"] for row in found} - KIT == told


def test_every_table_speaks_of_principals_that_there_are() -> None:
    for table in (each for tables in TABLES.values() for each in tables):
        assert set(table.expected()) == set(PRINCIPALS) - set(OPEN)


async def _judge(judged: JudgedRows, world: World, admin: Any, table: Table) -> None:
    rows = await admin.fetch(f"SELECT DISTINCT key::text, person FROM ({table.whose}) known")
    persons = {"A": world.people.subjects[table.a], "B": world.people.subjects[table.b]}
    keys = {
        owner: {row["key"] for row in rows if row["person"] == person} for owner, person in persons.items()
    }
    about = f"{world.service.service.name}: {table.name} ({table.made})"
    assert keys["A"], f"{about} holds nothing of A: what nobody sees proves nothing"
    if unset := await _seen(world, table, UNSET):
        judged.foreign += len(unset)
        judged.faults.append(f"{about}: with nothing said {len(unset)} rows are seen")
    for principal, expected in table.expected().items():
        acting = NOBODY if principal == "nobody" else acting_for(world.people.caller(principal))
        seen = await _seen(world, table, acting)
        for owner, theirs in keys.items():
            judged.asked += len(theirs)
            if owner not in expected and (foreign := theirs & seen):
                judged.foreign += len(foreign)
                judged.faults.append(f"{about}: {principal} sees {len(foreign)} rows of {owner}")
            if owner in expected and "?" not in expected and (hidden := theirs - seen):
                judged.faults.append(f"{about}: {principal} does not see {owner}'s {len(hidden)} rows")


async def _seen(world: World, table: Table, acting: Acting) -> set[str]:
    async with world.service.tx(acting) as tx:
        return {
            row["key"] for row in await tx.fetch(f'SELECT "{table.key}"::text AS key FROM "{table.name}"')
        }
