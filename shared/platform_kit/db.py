"""The database of one service: a pool, THE transaction rule (only the kit commits), sessions for wide queries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

Tx: TypeAlias = "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"

ACQUIRE_SECONDS = 3.0
# Longer than the server's own limit for a statement: what is longer still is a connection with nobody at its other end.
COMMAND_SECONDS = 40.0

# A process frozen inside a transaction would otherwise block its successor without end.
SESSION = {
    "timezone": "UTC",
    "default_transaction_isolation": "read committed",
    "idle_in_transaction_session_timeout": "15s",
    "statement_timeout": "30s",
    "lock_timeout": "5s",
}

OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
)


# The server answers and somebody is in the way: a lock that is held for too long, a deadlock, a limit, an operator. Nobody's
# fault, and it passes; of a handler's own statements, though, it is believed only while the server does not answer.
BUSY = (
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.OperatorInterventionError,
)
TROUBLE = (*OUTAGES, *BUSY)


async def connect(dsn: str, application: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection outside the pool, for a relay's lease or a listener."""
    connection = await asyncpg.connect(
        dsn,
        timeout=5,
        command_timeout=COMMAND_SECONDS,
        server_settings={**SESSION, "application_name": application},
    )
    await _prepare(connection)
    return connection


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        format="binary",
    )


async def _nothing_to_reset(_: Any) -> None:
    """All that we set is LOCAL, we keep no session locks and listen elsewhere: asyncpg's RESET ALL and its kin would cost
    each transaction a round trip of four statements. An open transaction is rolled back before this is called."""


class Database:
    """Opened lazily: a service starts, and stays up, while its database is away."""

    def __init__(self, dsn: str, *, pool_size: int, application: str) -> None:
        self._dsn = dsn
        self._pool_size = pool_size
        self._application = application
        self._opened: asyncpg.Pool[asyncpg.Record] | None = None
        self._engine: AsyncEngine | None = None

    async def open(self) -> None:
        """The pool belongs to the event loop that opens it. It connects when it is first used."""
        self._opened = await asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=self._pool_size,
            timeout=ACQUIRE_SECONDS,
            command_timeout=COMMAND_SECONDS,
            max_inactive_connection_lifetime=300,
            init=_prepare,
            reset=_nothing_to_reset,
            server_settings={**SESSION, "application_name": self._application},
        )

    @property
    def _pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._opened is None:
            raise RuntimeError("the database was not opened")
        return self._opened

    def in_use(self) -> int:
        """Connections that somebody holds at this moment."""
        return self._pool.get_size() - self._pool.get_idle_size()

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self._pool.close(), 5)
        except TimeoutError:
            self._pool.terminate()
        if self._engine is not None:
            await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Commits when the block ends, rolls back when it raises; raises one of OUTAGES when there is no database."""
        async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Tx]:
        """No transaction around it: each statement commits by itself. For reads, and for one that writes alone."""
        async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
            yield connection

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A SQLModel session for a wide, rarely hot query; it reads and is never committed."""
        if self._engine is None:
            address = self._dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
            self._engine = create_async_engine(address, pool_size=2, max_overflow=0)
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            yield session

    async def is_away(self, error: BaseException) -> bool:
        """Whether nobody is to blame for this error: it is one of TROUBLE, and the probe fails as well."""
        return isinstance(error, TROUBLE) and not await self.answers()

    async def answers(self) -> bool:
        """The probe that tells an outage from an event's or a query's own fault."""
        try:
            async with asyncio.timeout(ACQUIRE_SECONDS), self.connection() as connection:
                await connection.fetchval("SELECT 1")
        except OUTAGES:
            return False
        return True
