"""One database and two roles per service: the owner migrates, the service itself only reads and writes rows."""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from local_runtime import bytecode
from local_runtime.home import MARKER, Home
from local_runtime.house import Service
from local_runtime.postgres import admin_dsn, dsn
from local_runtime.secrets_store import password
from platform_kit.migrate import heads

AT_ONCE = 2


class MigrationFailed(Exception):
    """The service's own words are in the message."""


def maintenance_dsn(home: Home, ports: dict[str, int]) -> str:
    """The server that was given, or our own; with the right to make databases and roles."""
    return os.environ.get("DATABASE_URL") or admin_dsn(home, ports["postgres"])


def service_dsn(home: Home, maintenance: str, service: Service, *, owner: bool = False) -> str:
    role = service.owner if owner else service.name
    address = urlsplit(maintenance)
    return dsn(role, password(home, role), f"{address.hostname}:{address.port or 5432}", service.name)


async def wait_for_postgres(maintenance: str, seconds: float = 30.0) -> None:
    """Returns when it answers; raises what it said last."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            connection = await asyncpg.connect(maintenance, timeout=3)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            await connection.close()
            return


async def prepare_databases(home: Home, maintenance: str, services: tuple[Service, ...]) -> list[str]:
    """Makes what is missing; the names of the databases that are new."""
    made = []
    bare = []
    connection = await asyncpg.connect(maintenance)
    try:
        for service in services:
            for role in (service.owner, service.name):
                await _ensure_role(connection, role, password(home, role))
            granted = await connection.fetchval(
                "SELECT datacl IS NOT NULL FROM pg_database WHERE datname = $1", service.name
            )
            if granted is None:
                await connection.execute(f'GRANT "{service.owner}" TO CURRENT_USER')
                await connection.execute(f'CREATE DATABASE "{service.name}" OWNER "{service.owner}"')
                made.append(service.name)
            if not granted:
                # Also when an earlier run was killed between the two: rights and all come in one transaction.
                bare.append(service)
    finally:
        await connection.close()
    for service in bare:
        await _grant(home, maintenance, service)
    return made


async def _ensure_role(connection: "asyncpg.Connection[asyncpg.Record]", role: str, secret: str) -> None:
    # Names and generated secrets hold neither quotes nor backslashes; DDL takes no parameters.
    verb = (
        "ALTER"
        if await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
        else "CREATE"
    )
    await connection.execute(f"{verb} ROLE \"{role}\" LOGIN PASSWORD '{secret}'")


async def _grant(home: Home, maintenance: str, service: Service) -> None:
    """What the owner makes, the service may use; it makes and drops nothing itself."""
    connection = await asyncpg.connect(service_dsn(home, maintenance, service, owner=True))
    grants = (
        ("TABLES", "SELECT, INSERT, UPDATE, DELETE"),
        ("SEQUENCES", "USAGE, SELECT"),
        ("FUNCTIONS", "EXECUTE"),
    )
    try:
        async with connection.transaction():
            await connection.execute(f'REVOKE ALL ON DATABASE "{service.name}" FROM PUBLIC')
            await connection.execute(f'GRANT CONNECT ON DATABASE "{service.name}" TO "{service.name}"')
            await connection.execute(f'GRANT USAGE ON SCHEMA public TO "{service.name}"')
            for kind, rights in grants:
                await connection.execute(
                    f'ALTER DEFAULT PRIVILEGES GRANT {rights} ON {kind} TO "{service.name}"'
                )
    finally:
        await connection.close()


async def migrate_all(home: Home, maintenance: str, services: tuple[Service, ...]) -> list[str]:
    """Brings every database to the newest version, two at a time; the names of those that were behind."""
    behind = [service for service in services if not await _is_current(home, maintenance, service)]
    slots = asyncio.Semaphore(AT_ONCE)

    async def migrate(service: Service) -> None:
        async with slots:
            environment = {
                **os.environ,
                **bytecode.environment(),
                MARKER: str(home.root),
                f"{service.prefix}_OWNER_DATABASE_URL": service_dsn(home, maintenance, service, owner=True),
            }
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "platform_kit.run", service.name, "migrate",
                env=environment, cwd=Path("/"), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            output, _ = await process.communicate()
            if process.returncode != 0:
                raise MigrationFailed(f"{service.name}: {output.decode(errors='replace')[-2000:]}")

    await asyncio.gather(*(migrate(service) for service in behind))
    return [service.name for service in behind]


async def _is_current(home: Home, maintenance: str, service: Service) -> bool:
    connection = await asyncpg.connect(service_dsn(home, maintenance, service, owner=True))
    try:
        rows = await connection.fetch("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()
    return tuple(sorted(row["version_num"] for row in rows)) == tuple(sorted(heads(service.name)))
