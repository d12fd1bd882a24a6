"""A database that was there before is brought to the newest version with what it holds."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from platform_kit.migrate import migrate_async
from platform_kit.testing import OWNER, ServiceUnderTest

_ROUTED = """
    INSERT INTO request (id, case_number, resident_id, filed_by, unit_id, category, state, route, occurred_at, version, created_at)
    VALUES (gen_random_uuid(), 'R1', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'errand', 'triaged', 'volunteers',
            now(), 2, now())
"""
_WITH_TIMES = """
    INSERT INTO request (id, case_number, resident_id, filed_by, unit_id, category, state, route, round, wanted_from, wanted_until,
                         resolve_from, occurred_at, version, created_at)
    VALUES (gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'errand', $2, $3, $4, $5, $6, $7, now(), 2, now())
"""
NOON = datetime(2026, 12, 4, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@asynccontextmanager
async def _older(
    requests: ServiceUnderTest, servers: Any, monkeypatch: pytest.MonkeyPatch, version: str
) -> AsyncIterator[tuple[Any, Callable[[], Awaitable[None]]]]:
    """A connection to a database of that version, and what brings it to the newest."""
    database = f"upgrade_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(servers.postgres_dsn)
    await admin.execute(f'CREATE DATABASE "{database}" OWNER "{OWNER}"')
    there = await asyncpg.connect(urlsplit(servers.postgres_dsn)._replace(path=f"/{database}").geturl())
    owned = urlsplit(requests.owner_dsn)._replace(path=f"/{database}").geturl()
    try:
        to = ScriptDirectory._upgrade_revs
        with monkeypatch.context() as older:
            older.setattr(ScriptDirectory, "_upgrade_revs", lambda self, _, at: to(self, version, at))
            await migrate_async("resident_requests", owned)
        yield there, lambda: migrate_async("resident_requests", owned)
    finally:
        await there.close()
        await admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        await admin.close()


async def test_what_was_routed_before_waits_for_whoever_answers(
    requests: ServiceUnderTest, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration changes rows that the policies show to the platform alone, also after one that ended as nobody."""
    async with _older(requests, servers, monkeypatch, "2026_11_26_routing") as (there, upgrade):
        await there.execute(_ROUTED)
        await upgrade()
        assert await there.fetchval("SELECT asked_version FROM request") == 0


async def test_what_was_triaged_before_is_planned_and_wanted_only_where_the_promise_says_so(
    requests: ServiceUnderTest, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    until, later = NOON + HOUR, NOON + 60 * 24 * HOUR
    rows = {
        # case number: state, route, round, wanted from and until, when its second clock begins → wanted from and until, planned from and until
        "filed": (("submitted", None, 0, NOON, until, NOON), (NOON, until, None, None)),
        "over": (("withdrawn", None, 0, NOON, until, NOON), (NOON, until, None, None)),
        "at their time": (("triaged", "volunteers", 0, NOON, until, NOON), (NOON, None, NOON, until)),
        "put off": (("resolved", "volunteers", 0, later, later + HOUR, NOON), (NOON, None, later, later + HOUR)),
        "made up": (("triaged", "community", 0, NOON, until, None), (None, None, NOON, until)),
        "reopened": (("reopened", "community", 1, later, later + HOUR, later), (None, None, later, later + HOUR)),
    }  # fmt: skip
    async with _older(requests, servers, monkeypatch, "2026_11_27_work_lists") as (there, upgrade):
        await there.executemany(_WITH_TIMES, [(name, *before) for name, (before, _) in rows.items()])
        await upgrade()
        found = await there.fetch(
            "SELECT case_number, wanted_from, wanted_until, planned_from, planned_until FROM request"
        )
    assert {row[0]: tuple(row)[1:] for row in found} == {name: after for name, (_, after) in rows.items()}
