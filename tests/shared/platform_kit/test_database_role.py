"""Outside local mode nothing runs as a database role that the rows' policies do not bind."""

import asyncio
import base64
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest
from joserfc.jwk import ECKey

from platform_kit.acting import SYSTEM
from platform_kit.database_role import UnsafeRole
from platform_kit.db import Database
from platform_kit.safe_start import refuse_role
from platform_kit.testing import OWNER, ServiceUnderTest

# What a role can be that it must not be, and how it is told.
UNSAFE = {
    "LOGIN SUPERUSER": "is a superuser",
    "LOGIN BYPASSRLS": "has BYPASSRLS",
    f'LOGIN IN ROLE "{OWNER}"': "owns the tables",
    f'LOGIN NOINHERIT IN ROLE "{OWNER}"': "owns the tables",
}


@asynccontextmanager
async def _role(servers: Any, probe: ServiceUnderTest, rights: str) -> AsyncIterator[str]:
    """The address of the probe's database for a role of its own."""
    name, admin = f"linli_test_{uuid4().hex[:12]}", await asyncpg.connect(servers.postgres_dsn)
    try:
        await admin.execute(f"CREATE ROLE {name} {rights} PASSWORD '{name}'")
        address = urlsplit(probe.kit.settings.database_url)
        host = address.netloc.rpartition("@")[2]
        yield address._replace(netloc=f"{name}:{name}@{host}").geturl()
    finally:
        await admin.execute(f"DROP ROLE IF EXISTS {name}")
        await admin.close()


def _database(address: str) -> Database:
    return Database(address, pool_size=1, application="test", refuses_unsafe_roles=True)


@pytest.mark.parametrize("rights", UNSAFE)
async def test_no_connection_of_the_pool_is_used(servers: Any, probe: ServiceUnderTest, rights: str) -> None:
    async with _role(servers, probe, rights) as address:
        database = _database(address)
        await database.open()
        try:
            for used in (database.transaction(SYSTEM), database.connection(), database.session(SYSTEM)):
                with pytest.raises(UnsafeRole, match=UNSAFE[rights]):
                    async with used:
                        pass
        finally:
            await database.close()


async def test_the_owner_itself_is_refused(probe: ServiceUnderTest) -> None:
    database = _database(probe.owner_dsn)
    await database.open()
    try:
        with pytest.raises(UnsafeRole, match="owns the tables"):
            async with database.transaction(SYSTEM):
                pass
    finally:
        await database.close()


async def test_the_services_own_role_is_used(probe: ServiceUnderTest) -> None:
    database = _database(probe.kit.settings.database_url)
    await database.open()
    try:
        async with database.transaction(SYSTEM) as tx:
            assert await tx.fetchval("SELECT 1") == 1
    finally:
        await database.close()
    await refuse_role(probe.service, probe.kit.settings)


async def test_a_database_that_is_away_is_no_reason_not_to_start(probe: ServiceUnderTest) -> None:
    away = probe.kit.settings.model_copy(update={"database_url": "postgresql://probe@127.0.0.1:1/probe"})
    await refuse_role(probe.service, away)


@pytest.mark.parametrize("process", ["api", "worker"])
async def test_the_process_ends_with_one_and_one_line(
    servers: Any, probe: ServiceUnderTest, tmp_path: Path, process: str
) -> None:
    async with _role(servers, probe, "LOGIN BYPASSRLS") as address:
        environment = {**os.environ, **_production(tmp_path), "PROBE_DATABASE_URL": address}
        ended = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "platform_kit.run", "probe_service", process],
            env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert ended.returncode == 1
    [line] = ended.stderr.strip().splitlines()
    assert "PROBE_DATABASE_URL" in line
    assert "BYPASSRLS" in line


async def test_with_the_services_own_role_it_answers_outside_local_mode(
    probe: ServiceUnderTest, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, **_production(tmp_path),
        "PROBE_DATABASE_URL": probe.kit.settings.database_url, "PROBE_API_PORT": str(port),
    }  # fmt: skip
    command = [sys.executable, "-m", "platform_kit.run", "probe_service", "api"]
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while True:
                assert process.returncode is None
                try:
                    ready = await client.get(f"http://127.0.0.1:{port}/readyz")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        assert ready.status_code == 200
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)


def _production(folder: Path) -> dict[str, str]:
    key = ECKey.generate_key("P-256", {"kid": "2026-11", "use": "sig", "alg": "ES256"}, auto_kid=False)
    files = {
        "jwks.json": json.dumps({"keys": [key.as_dict(private=False)]}),
        "sealing.key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "keks.json": json.dumps(
            {"current": "1", "keks": {"1": base64.b64encode(secrets.token_bytes(32)).decode()}}
        ),
    }
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]),
        "LINLI_MODE": "production",
        "LINLI_KAFKA": "127.0.0.1:1",
        "LINLI_JWKS_FILE": str(folder / "jwks.json"),
        "LINLI_SEALING_KEY_FILE": str(folder / "sealing.key"),
        "LINLI_KEK_FILE": str(folder / "keks.json"),
    }
