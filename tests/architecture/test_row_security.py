"""No table of a service is without the database's own barrier, and no service is above it."""

from pathlib import Path
from typing import Any

import pytest

from architecture.sources import own_files, services
from barrier import UNSET, may_add, reached, seen
from platform_kit import audit_tables, backbone_tables
from platform_kit.testing import ServiceUnderTest, service_under_test

# The kit's own: no action reads them, the relay, the inbox and the timers must see all of them, and a stored answer is found by
# its principal and key alone, which the edge takes from the verified token. The audit takes a row from everybody, shows them to
# the auditors' operations alone, and has triggers that keep it as it is. A data key opens nothing without its key-encryption key.
UNGUARDED = backbone_tables.TABLES | audit_tables.TABLES | {"alembic_version"}


async def _tables(service: ServiceUnderTest) -> list[Any]:
    async with service.tx() as tx:
        return list(
            await tx.fetch(
                "SELECT relname, relrowsecurity AND relforcerowsecurity AS guarded, pg_get_userbyid(relowner) AS owner"
                " FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY relname"
            )
        )


@pytest.mark.parametrize("name", services())
async def test_every_table_is_guarded_or_named(servers: Any, name: str, tmp_path: Path) -> None:
    async with service_under_test(name, servers.postgres_dsn, **own_files(name, tmp_path)) as service:
        found = await _tables(service)
        assert {row["relname"] for row in found if not row["guarded"]} == UNGUARDED
        assert {row["relname"] for row in found if row["guarded"]}


@pytest.mark.parametrize("name", services())
async def test_a_service_is_not_above_the_barrier(servers: Any, name: str, tmp_path: Path) -> None:
    async with service_under_test(name, servers.postgres_dsn, **own_files(name, tmp_path)) as service:
        async with service.tx() as tx:
            role = await tx.fetchrow(
                "SELECT rolname, rolsuper OR rolbypassrls AS above FROM pg_roles WHERE rolname = current_user"
            )
        assert not role["above"]
        assert role["rolname"] not in {row["owner"] for row in await _tables(service)}


@pytest.mark.parametrize("name", services())
async def test_where_nobody_is_said_to_act_nothing_is_seen_and_nothing_written(
    servers: Any, name: str, tmp_path: Path
) -> None:
    async with service_under_test(name, servers.postgres_dsn, **own_files(name, tmp_path)) as service:
        async with service.owner() as owner:
            await owner.execute("SELECT set_config('linli.caller', '{\"system\":true}', true)")
            await owner.execute(
                "INSERT INTO unit SELECT * FROM jsonb_populate_record(NULL::unit, $1::text::jsonb)", _UNIT
            )
        for table in [row["relname"] for row in await _tables(service) if row["guarded"]]:
            assert await seen(service, table, UNSET) == 0
            assert await reached(service, table, UNSET) == 0
        assert not await may_add(service, "unit", UNSET)


_UNIT = """{"id": "00000000-0000-0000-0000-000000000001", "kind": "district", "code": "01", "name": "x", "zone": "UTC",
    "version": 1, "created_at": "2026-01-01T00:00:00Z"}"""
