"""Nothing that is held of a person is forgotten: neither when they ask for all of it, nor when they are erased. By column, as the
databases' own catalogues have them; an erasure is made, and what is left is looked for in the rows of everybody whom it erased."""

from importlib import import_module
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from access.houses import WORLDS, open_world
from access.principals import RESIDENTS
from access.rows import TABLES, Table
from access.world import World
from event_contracts.community_registry import ResidentErased
from identity.held_of_people import CATALOGUES, KIT, OF_NOBODY, PAGES, REPLICA, Page, names

# What is sealed by a person's key, which is destroyed with them, begins so.
BY_A_PERSON = b"\x02"


def _given(name: str) -> dict[str, set[str]]:
    """What `GET /me/data` gives, by table: the service's own list."""
    module = import_module(f"{name}.my_data" if name == "resident_gateway" else f"{name}.held")
    found: dict[str, set[str]] = {}
    for held in module.HELD:
        found.setdefault(held.table, set()).update(held.columns, held.sealed)
    return found


def _pages(name: str) -> dict[str, Page]:
    return {**KIT, **({} if name == "community_registry" else REPLICA), **PAGES[name]}


async def _catalogue(world: World) -> dict[str, set[str]]:
    async with world.service.tx() as tx:
        rows = await tx.fetch(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
            " USING (table_schema, table_name) WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'"
        )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["table_name"], set()).add(row["column_name"])
    return found


@pytest.mark.parametrize("name", WORLDS)
async def test_every_column_is_told_to_whom_it_is_about_or_says_why_not(servers: Any, name: str) -> None:
    async with open_world(name, servers.postgres_dsn) as (world, _):
        catalogue, given, pages = await _catalogue(world), _given(name), _pages(name)
    assert set(catalogue) - OF_NOBODY - CATALOGUES[name] == set(pages), (
        "a table that stands on no page, or a page of none"
    )
    assert given.keys() <= pages.keys()
    for table, page in pages.items():
        told, untold = given.get(table, set()), names(page.untold)
        assert catalogue[table] - told - untold == set(), f"{table}: neither told nor said why not"
        assert untold - catalogue[table] == set(), f"{table}: no such columns"
        assert told & untold == set(), f"{table}: told all the same"


@pytest.mark.parametrize("name", WORLDS)
async def test_every_column_goes_with_whom_it_is_about_or_says_why_it_stays(servers: Any, name: str) -> None:
    async with open_world(name, servers.postgres_dsn) as (world, _):
        catalogue = await _catalogue(world)
    for table, page in _pages(name).items():
        goes, stays = set(page.goes.split()), names(page.stays)
        assert goes ^ stays == catalogue[table], f"{table}: {sorted((goes ^ stays) ^ catalogue[table])}"


@pytest.mark.parametrize("name", WORLDS)
async def test_of_an_erased_person_nothing_is_left_but_what_the_pages_say(servers: Any, name: str) -> None:
    async with open_world(name, servers.postgres_dsn) as (world, dsn):
        admin = await asyncpg.connect(dsn)
        try:
            for table in TABLES[name]:
                await getattr(world, table.made)()
            before = [(table, await _rows_of_a(admin, world, table)) for table in _judged(name)]
            for person in sorted({table.a for table in _judged(name)}):
                await _erase(world, person)
            left = {
                f"{table.name}.{column}"
                for table, keys in before
                for column in await _left(admin, table, keys)
            }
            assert await admin.fetchval("SELECT count(*) FROM subject_key WHERE wrapped = ''") > 0
        finally:
            await admin.close()
        assert await world.service.parked() == []
    pages = _pages(name)
    said = {f"{table}.{column}" for table, page in pages.items() for column in names(page.stays)}
    assert left - said == set()


def _judged(name: str) -> tuple[Table, ...]:
    """Staff are not erased, what they did is the office's; of a city's reports and of files of many people nothing is one person's."""
    return tuple(
        table
        for table in TABLES[name]
        if table.a in RESIDENTS and table.name not in CATALOGUES[name] and table.made != "imported_into_x"
    )


async def _rows_of_a(admin: Any, world: World, table: Table) -> list[Any]:
    rows = await admin.fetch(
        f"SELECT DISTINCT key FROM ({table.whose}) known WHERE person = $1", world.people.subjects[table.a]
    )
    assert rows, f"{table.name} ({table.made}) holds nothing of {table.a}"
    return [row["key"] for row in rows]


async def _left(admin: Any, table: Table, keys: list[Any]) -> set[str]:
    rows = await admin.fetch(f'SELECT * FROM "{table.name}" WHERE "{table.key}" = ANY($1)', keys)
    return {column for row in rows for column, value in row.items() if _says(value)}


def _says(value: Any) -> bool:
    if isinstance(value, bytes):
        return value != b"" and not value.startswith(BY_A_PERSON)
    return value is not None and value != []


async def _erase(world: World, person: str) -> None:
    subject: UUID = world.people.subjects[person]
    if world.service.service.name == "community_registry":
        await world.call("POST", f"/residents/{subject}/erase", "operator", reason="Asked to be forgotten.")
    else:
        await world.service.deliver("registry_replica", ResidentErased(resident_id=subject))
