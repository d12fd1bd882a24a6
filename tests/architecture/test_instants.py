"""K73: an instant is kept with its zone, by sessions whose zone nobody else sets; what is no instant is named and kept as a date.

That every answer tells an instant with its offset is judged by the access matrix, which asks every operation.
"""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from architecture.sources import own_files, services
from platform_kit.acting import SYSTEM
from platform_kit.testing import ServiceUnderTest, service_under_test

# What a clock on the wall shows each day is no instant: it is read in the zone of a unit.
OF_A_WALL = frozenset({"notification_setting.quiet_from", "notification_setting.quiet_until"})


async def _columns(service: ServiceUnderTest) -> list[Any]:
    async with service.tx() as tx:
        return list(
            await tx.fetch(
                "SELECT table_name || '.' || column_name AS name, column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = 'public'"
            )
        )


@pytest.mark.parametrize("name", services())
async def test_every_instant_of_every_table_has_its_zone(servers: Any, name: str, tmp_path: Path) -> None:
    async with service_under_test(name, servers.postgres_dsn, **own_files(name, tmp_path)) as service:
        columns = await _columns(service)
    zoneless = {row["name"] for row in columns if row["data_type"].startswith(("timestamp without", "time "))}
    assert zoneless <= OF_A_WALL
    at, on = (
        {row["name"]: row["data_type"] for row in columns if row["column_name"].endswith(end)}
        for end in ("_at", "_on")
    )
    assert set(at.values()) == {"timestamp with time zone"}, at
    assert set(on.values()) <= {"date"}, on


@pytest.mark.parametrize("name", services())
async def test_the_zone_of_a_session_is_pinned_whatever_the_database_says(
    servers: Any, name: str, tmp_path: Path
) -> None:
    async with service_under_test(name, servers.postgres_dsn, **own_files(name, tmp_path)) as service:
        async with service.owner() as owner:
            database = await owner.fetchval("SELECT current_database()")
            await owner.execute(f"ALTER DATABASE \"{database}\" SET timezone = 'America/Los_Angeles'")
        async with service.tx() as tx:
            assert await tx.fetchval("SHOW timezone") == "UTC"
            # 02:30 of that day is no time of Los Angeles.
            assert (
                await tx.fetchval("SELECT '2020-03-08 02:30'::timestamptz::text") == "2020-03-08 02:30:00+00"
            )
        async with service.kit.db.session(SYSTEM) as session:
            assert await session.scalar(text("SHOW timezone")) == "UTC"
