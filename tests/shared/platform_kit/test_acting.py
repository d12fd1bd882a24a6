"""For whom a transaction acts is set with BEGIN and ends with it, however it ends: the connection's next user finds nothing."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from platform_kit.acting import NOBODY, SYSTEM, acting_for
from platform_kit.auth import Caller, Post
from platform_kit.db import Database, as_system
from platform_kit.testing import ServiceUnderTest

SUBJECT = UUID(int=7)
CALLER = Caller(SUBJECT, frozenset({"worker"}), (Post("worker", UUID(int=1), "01/O'Hara\\'; ROLLBACK; --"),))
SETTING = "SELECT nullif(current_setting('linli.caller', true), '')"


@pytest.fixture
async def one_connection(probe: ServiceUnderTest) -> Any:
    """A pool of one: whoever comes next gets the very connection. The driver complains to the loop when it is given back with
    an open transaction; it never has to."""
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, said: complaints.append(said["message"]))
    db = Database(probe.kit.settings.database_url, pool_size=1, application="test")
    await db.open()
    yield db
    await db.close()
    assert complaints == []


async def _left_behind(db: Database) -> Any:
    async with db.connection() as tx:
        assert not tx.is_in_transaction()
        return await tx.fetchval(SETTING)


async def test_the_database_is_told_who_asks_letter_by_letter(one_connection: Database) -> None:
    async with one_connection.transaction(acting_for(CALLER)) as tx:
        assert await tx.fetchval(SETTING) == acting_for(CALLER).setting
        assert await tx.fetchval("SELECT linli_subject()") == SUBJECT
        assert await tx.fetchval("SELECT linli_codes('worker')") == [CALLER.posts[0].unit_code]
        assert await tx.fetchval("SELECT linli_has('street', 'worker')")
        assert not await tx.fetchval("SELECT linli_has('street') OR linli_is_system()")
    async with one_connection.transaction(SYSTEM) as tx:
        assert await tx.fetchval("SELECT linli_is_system() AND linli_subject() IS NULL")
    async with one_connection.transaction(NOBODY) as tx:
        assert await tx.fetchval("SELECT linli_known() AND NOT linli_is_system() AND linli_subject() IS NULL")
    async with one_connection.connection() as tx:
        assert not await tx.fetchval("SELECT linli_known()")


async def test_it_ends_with_the_transaction_that_is_committed(one_connection: Database) -> None:
    async with one_connection.transaction(SYSTEM) as tx:
        await tx.execute("INSERT INTO cure VALUES ('kept')")
    assert await _left_behind(one_connection) is None
    async with one_connection.transaction(SYSTEM) as tx:
        assert await tx.fetchval("SELECT count(*) FROM cure") == 1


async def test_it_ends_with_the_transaction_that_raises(one_connection: Database) -> None:
    with pytest.raises(InterruptedError):
        async with one_connection.transaction(SYSTEM) as tx:
            await tx.execute("INSERT INTO cure VALUES ('x')")
            raise InterruptedError
    assert await _left_behind(one_connection) is None
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with one_connection.transaction(SYSTEM) as tx:
            await tx.execute("SELECT 1 / 0")
    assert await _left_behind(one_connection) is None
    async with one_connection.transaction(SYSTEM) as tx:
        assert await tx.fetchval("SELECT count(*) FROM cure") == 0


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(60)", None])
async def test_it_ends_when_whoever_asked_is_cancelled(
    one_connection: Database, statement: str | None
) -> None:
    """While a statement runs, and between two."""
    begun = asyncio.Event()

    async def asks() -> None:
        async with one_connection.transaction(SYSTEM) as tx:
            await tx.execute("INSERT INTO cure VALUES ('x')")
            begun.set()
            if statement:
                await tx.execute(statement)
            await asyncio.Event().wait()

    asking = asyncio.create_task(asks())
    await begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await _left_behind(one_connection) is None
    async with one_connection.transaction(SYSTEM) as tx:
        assert await tx.fetchval("SELECT count(*) FROM cure") == 0


async def test_it_ends_when_whoever_asked_is_cancelled_at_any_step(one_connection: Database) -> None:
    """Also while BEGIN, COMMIT or ROLLBACK are on their way."""

    async def asks() -> None:
        async with one_connection.transaction(SYSTEM) as tx:
            await tx.fetchval("SELECT 1")

    for steps in range(12):
        asking = asyncio.create_task(asks())
        for _ in range(steps):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await _left_behind(one_connection) is None


async def test_it_ends_with_a_statement_that_takes_too_long(one_connection: Database) -> None:
    with pytest.raises(TimeoutError):
        async with one_connection.transaction(SYSTEM) as tx:
            await tx.execute("SELECT pg_sleep(60)", timeout=0.05)
    assert await _left_behind(one_connection) is None


async def test_a_failure_that_was_passed_over_is_not_taken_for_a_commit(one_connection: Database) -> None:
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        async with one_connection.transaction(SYSTEM) as tx:
            await tx.execute("INSERT INTO cure VALUES ('x')")
            with pytest.raises(asyncpg.DivisionByZeroError):
                await tx.execute("SELECT 1 / 0")
    assert await _left_behind(one_connection) is None


async def test_begin_and_the_setting_are_one_round_trip(one_connection: Database) -> None:
    async with one_connection.connection() as tx:
        asked: list[Any] = []
        tx.add_query_logger(asked.append)
    async with one_connection.transaction(SYSTEM) as tx:
        await tx.fetchval("SELECT 1")
    # The driver tells of a statement in the loop's next turn.
    await asyncio.sleep(0)
    assert len(asked) == 3


async def test_the_system_acts_for_a_part_and_then_the_caller_again(one_connection: Database) -> None:
    caller = acting_for(CALLER)
    async with one_connection.transaction(caller) as tx:
        async with as_system(tx):
            assert await tx.fetchval("SELECT linli_is_system()")
        assert await tx.fetchval(SETTING) == caller.setting
        with pytest.raises(InterruptedError):
            async with as_system(tx):
                raise InterruptedError
        assert await tx.fetchval(SETTING) == caller.setting
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with one_connection.transaction(caller) as tx, as_system(tx):
            await tx.execute("SELECT 1 / 0")


async def test_a_wide_query_by_a_session_acts_for_somebody_too(probe: ServiceUnderTest) -> None:
    who = Caller(uuid4(), frozenset())
    async with probe.kit.db.session(acting_for(who)) as session:
        assert (await session.execute(text("SELECT linli_subject()"))).scalar() == who.subject
    async with probe.kit.db.session(SYSTEM) as session:
        assert (await session.execute(text("SELECT linli_subject()"))).scalar() is None
