"""The database of one service: a pool, THE transaction rule (only the kit commits), sessions for wide queries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from platform_kit.acting import GOT, SYSTEM, Acting, begin
from platform_kit.database_role import UnsafeRole, refuse_unsafe_role
from platform_kit.problems import InProgress

Tx: TypeAlias = "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"

ACQUIRE_SECONDS = 3.0
# Longer than the server's own limit for a statement: what is longer still is a connection with nobody at its other end.
COMMAND_SECONDS = 40.0
ROLLBACK_SECONDS = 5.0

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


def sqlalchemy_engine(dsn: str, *, refuses_unsafe_roles: bool = False, **options: Any) -> AsyncEngine:
    """The address is read by asyncpg itself: SQLAlchemy would take `sslmode` for an argument that there is not."""

    async def opened() -> "asyncpg.Connection[asyncpg.Record]":
        connection = await asyncpg.connect(dsn, server_settings={"timezone": SESSION["timezone"]})
        try:
            if refuses_unsafe_roles:
                await refuse_unsafe_role(connection)
        except UnsafeRole:
            await connection.close()
            raise
        return connection

    return create_async_engine("postgresql+asyncpg://", async_creator=opened, **options)


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        format="binary",
    )


async def _prepare_and_refuse(connection: Any) -> None:
    await refuse_unsafe_role(connection)
    await _prepare(connection)


async def _nothing_to_reset(_: Any) -> None:
    """All that we set is LOCAL, we keep no session locks and listen elsewhere: asyncpg's RESET ALL and its kin would cost
    each transaction a round trip of four statements. An open transaction is rolled back before this is called."""


@asynccontextmanager
async def _begun(connection: Tx, acting: Acting, lock: int | None) -> AsyncIterator[None]:
    """BEGIN, for whom, and the lock in one round trip, for which asyncpg's own transaction() has no place."""
    try:
        begun = await connection.execute(begin(acting, lock))
        if lock is not None and begun != GOT:
            raise InProgress
        yield
        ended = await connection.execute("COMMIT")
    except BaseException:
        await _roll_back(connection)
        raise
    if ended != "COMMIT":
        # Somebody went on after a statement that had failed: the server rolls back then, and says so only here.
        raise asyncpg.InFailedSQLTransactionError(f"COMMIT was answered by {ended}")


async def _roll_back(connection: Tx) -> None:
    """Also what the server may not have begun yet, because the caller was cancelled meanwhile. A connection that cannot even
    do that is given up: an open transaction never goes back to the pool. One that the pool has given up itself says so to
    whatever is asked of it, which must not hide why the transaction ended."""
    try:
        if not connection.is_closed():
            await connection.execute("ROLLBACK", timeout=ROLLBACK_SECONDS)
    except (*OUTAGES, asyncpg.PostgresError):
        with suppress(asyncpg.InterfaceError):
            connection.terminate()


@asynccontextmanager
async def as_system(tx: Tx) -> AsyncIterator[None]:
    """What the platform does of its own within somebody's command, with rows that are not theirs: asking other people,
    keeping the books. Costs two round trips; afterwards the caller acts again."""
    before = await tx.fetchval(
        "SELECT current_setting('linli.caller', true), set_config('linli.caller', $1, true)", SYSTEM.setting
    )
    try:
        yield
    except BaseException:
        # Rolled back by whoever began it: this only makes sure that nobody goes on as the system.
        with suppress(*OUTAGES, asyncpg.PostgresError):
            await _act_again(tx, before)
        raise
    await _act_again(tx, before)


async def _act_again(tx: Tx, before: str | None) -> None:
    await tx.execute("SELECT set_config('linli.caller', $1, true)", before or "")


class Database:
    """Opened lazily: a service starts, and stays up, while its database is away.

    `refuses_unsafe_roles`: no connection is used whose role is above the rows' policies; UnsafeRole is raised instead.
    """

    def __init__(
        self, dsn: str, *, pool_size: int, application: str, refuses_unsafe_roles: bool = False
    ) -> None:
        self._refuses_unsafe_roles = refuses_unsafe_roles
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
            init=_prepare_and_refuse if self._refuses_unsafe_roles else _prepare,
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
    async def transaction(self, acting: Acting, *, lock: int | None = None) -> AsyncIterator[Tx]:
        """Commits when the block ends, rolls back when it raises; raises one of OUTAGES when there is no database.

        What it sees and may write is what the database lets `acting` see and write. `lock` (64 bits, signed) is held by one
        transaction at a time: InProgress while another holds it.
        """
        async with self.connection() as connection, _begun(connection, acting, lock):
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Tx]:
        """No transaction around it, and nobody acts: it sees the kit's own tables, and of others what a statement that says
        itself for whom it asks is shown."""
        pool = self._pool
        # A taking that has a limit is a task of its own to asyncpg: only when there is something to wait for.
        connection = await pool.acquire(timeout=None if pool.get_idle_size() else ACQUIRE_SECONDS)
        try:
            yield connection
        except BaseException:
            with suppress(*OUTAGES, asyncpg.PostgresError):
                await pool.release(connection, timeout=ACQUIRE_SECONDS)
            raise
        await pool.release(connection, timeout=ACQUIRE_SECONDS)

    @asynccontextmanager
    async def session(self, acting: Acting) -> AsyncIterator[AsyncSession]:
        """A SQLModel session for a wide, rarely hot query; it reads and is never committed."""
        if self._engine is None:
            self._engine = sqlalchemy_engine(
                self._dsn, refuses_unsafe_roles=self._refuses_unsafe_roles, pool_size=2, max_overflow=0
            )
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            await session.execute(
                text("SELECT set_config('linli.caller', :caller, true)"), {"caller": acting.setting}
            )
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
