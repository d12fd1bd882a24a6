"""Each service has one database and two roles; what an earlier, killed run left half done is finished."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg
import pytest

from local_runtime.databases import prepare_databases, service_dsn
from local_runtime.home import Home
from local_runtime.house import Service
from local_runtime.up import up

HALF = Service("half_done", "HALF", 8990)
T = TypeVar("T")


async def with_connection(dsn: str, work: Callable[[Any], Awaitable[T]]) -> T:
    connection = await asyncpg.connect(dsn)
    try:
        return await work(connection)
    finally:
        await connection.close()


@pytest.mark.timeout(180)
def test_rights_are_granted_even_if_a_run_was_killed_before_it_granted_them(home: Home) -> None:
    running = up(home, lambda _: None, services=(), usual_ports=False)

    async def half_done(connection: Any) -> None:
        await connection.execute("CREATE ROLE half_done_owner LOGIN")
        await connection.execute("CREATE DATABASE half_done OWNER half_done_owner")

    async def story() -> None:
        await with_connection(running.maintenance_dsn, half_done)
        assert await prepare_databases(home, running.maintenance_dsn, (HALF,)) == []
        assert await prepare_databases(home, running.maintenance_dsn, (HALF,)) == []
        as_owner = service_dsn(home, running.maintenance_dsn, HALF, owner=True)
        as_service = service_dsn(home, running.maintenance_dsn, HALF)
        await with_connection(as_owner, lambda c: c.execute("CREATE TABLE thing (id int)"))
        await with_connection(as_service, lambda c: c.execute("INSERT INTO thing VALUES (1)"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await with_connection(as_service, lambda c: c.execute("DROP TABLE thing"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await with_connection(as_service, lambda c: c.execute("CREATE TABLE mine (id int)"))

    asyncio.run(story())
