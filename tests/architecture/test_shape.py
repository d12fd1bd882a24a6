"""Every service has the same shape, its tables are what its migrations make, and it answers for its health."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from architecture.sources import ROOT, own_files, services
from local_runtime.house import SERVICES
from platform_kit.migrate import is_service_table, migrate_async
from platform_kit.service import find
from platform_kit.testing import service_under_test

NAMES = services()
FILES = (
    "__init__.py", "service.py", "routes.py", "policy.py", "consumers.py", "problems.py", "tables.py", "actions/__init__.py", "rules/__init__.py",
    "migrations/versions",
)  # fmt: skip
EITHER = (("store.py", "store/__init__.py"), ("schemas.py", "schemas/__init__.py"))


def test_the_one_list_names_every_service() -> None:
    assert sorted(service.name for service in SERVICES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_service_has_the_standard_files(name: str) -> None:
    folder = ROOT / "services" / name
    missing = [file for file in FILES if not (folder / file).exists()]
    missing += [one for one, other in EITHER if not ((folder / one).exists() or (folder / other).exists())]
    assert missing == []
    assert (folder / "__init__.py").read_text().strip(), "the package says what the service is for"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_manifest_agrees_with_the_list(service: Any) -> None:
    manifest = find(service.name)
    assert (manifest.name, manifest.prefix) == (service.name, service.prefix)


@pytest.mark.parametrize("name", NAMES)
async def test_migrations_make_the_declared_tables(servers: Any, name: str) -> None:
    database = f"shape_{name}_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(servers.postgres_dsn)
    await admin.execute(f'CREATE DATABASE "{database}"')
    dsn = servers.postgres_dsn.rsplit("/", 1)[0] + f"/{database}"
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        await migrate_async(name, dsn)
        await migrate_async(name, dsn)

        def compare(connection: Any) -> list[Any]:
            options = {"include_name": lambda table, kind, _: kind != "table" or is_service_table(table)}
            return list(
                compare_metadata(MigrationContext.configure(connection, opts=options), find(name).metadata)
            )

        async with engine.connect() as connection:
            assert await connection.run_sync(compare) == []
    finally:
        await engine.dispose()
        await admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        await admin.close()


@pytest.mark.parametrize("name", NAMES)
async def test_every_api_is_live_and_ready(servers: Any, name: str, tmp_path: Any) -> None:
    async with service_under_test(name, servers.postgres_dsn, **own_files(name, tmp_path)) as service:
        for path in ("/livez", "/readyz"):
            assert (await service.get(path)).status_code == 200


@pytest.mark.parametrize("name", NAMES)
async def test_without_a_database_it_is_live_and_says_when_to_come_back(
    servers: Any, name: str, tmp_path: Any
) -> None:
    """PostgreSQL down: 503 with Retry-After, from a process that stays up."""
    settings = {"database_url": "postgresql://nobody@127.0.0.1:1/nothing", **own_files(name, tmp_path)}
    async with service_under_test(name, servers.postgres_dsn, **settings) as service:
        assert (await service.get("/livez")).status_code == 200
        answer = await service.get("/readyz")
        assert answer.status_code == 503
        operation = _any_read(service.app.openapi())
        refused: httpx.Response = await service.get(
            operation, by=service.caller("resident", "worker", "operator")
        )
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert refused.headers["content-type"] == "application/problem+json"


def _any_read(document: dict[str, Any]) -> str:
    """A list that anybody signed in may ask for, without parameters in its path."""
    own = [path for path, methods in document["paths"].items() if "get" in methods and "{" not in path]
    preferred = [
        path
        for path in own
        if path in ("/units", "/categories", "/services", "/programmes", "/volunteers/me")
    ]
    return (preferred or [path for path in own if path.endswith("/me")])[0]
