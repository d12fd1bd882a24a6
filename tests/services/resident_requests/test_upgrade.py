"""A database that was there before is brought to the newest version with what it holds."""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from platform_kit.migrate import migrate_async
from platform_kit.testing import OWNER, ServiceUnderTest

BEFORE = "2026_11_26_routing"
_ROUTED = """
    INSERT INTO request (id, case_number, resident_id, filed_by, unit_id, category, state, route, occurred_at, version, created_at)
    VALUES (gen_random_uuid(), 'R1', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'errand', 'triaged', 'volunteers',
            now(), 2, now())
"""


async def test_what_was_routed_before_waits_for_whoever_answers(
    requests: ServiceUnderTest, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration changes rows that the policies show to the platform alone, also after one that ended as nobody."""
    database = f"upgrade_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(servers.postgres_dsn)
    await admin.execute(f'CREATE DATABASE "{database}" OWNER "{OWNER}"')
    there = await asyncpg.connect(urlsplit(servers.postgres_dsn)._replace(path=f"/{database}").geturl())
    owned = urlsplit(requests.owner_dsn)._replace(path=f"/{database}").geturl()
    try:
        to = ScriptDirectory._upgrade_revs
        with monkeypatch.context() as older:
            older.setattr(ScriptDirectory, "_upgrade_revs", lambda self, _, at: to(self, BEFORE, at))
            await migrate_async("resident_requests", owned)
        await there.execute(_ROUTED)
        await migrate_async("resident_requests", owned)
        assert await there.fetchval("SELECT asked_version FROM request") == 0
    finally:
        await there.close()
        await admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        await admin.close()
