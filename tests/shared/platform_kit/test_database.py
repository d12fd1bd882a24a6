"""The database's transaction rule, and the sessions for wide queries."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from sqlmodel import select

from platform_kit import db
from platform_kit.acting import SYSTEM
from platform_kit.db import OUTAGES, Database
from platform_kit.migrate import migrate_async
from platform_kit.testing import ServiceUnderTest
from probe_service.service import CounterRow, raise_counter


async def test_a_session_reads_rows_as_models_and_keeps_nothing(probe: ServiceUnderTest) -> None:
    counter = uuid4()
    async with probe.tx() as tx:
        await raise_counter(tx, counter, "x", times=3)
    async with probe.kit.db.session(SYSTEM) as session:
        [row] = (await session.execute(select(CounterRow))).scalars().all()
        assert (row.id, row.version) == (counter, 3)
        session.add(CounterRow(id=uuid4(), version=1))
        await session.flush()
    async with probe.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM counter") == 1


async def test_an_address_may_say_how_the_connection_is_encrypted(probe: ServiceUnderTest) -> None:
    """`sslmode` is asyncpg's word, which SQLAlchemy does not know."""
    database = Database(f"{probe.kit.settings.database_url}?sslmode=prefer", pool_size=1, application="test")
    await database.open()
    try:
        async with database.session(SYSTEM) as session:
            assert (await session.execute(select(CounterRow))).scalars().all() == []
    finally:
        await database.close()
    await migrate_async("probe_service", f"{probe.owner_dsn}?sslmode=prefer")


async def test_what_raises_is_rolled_back_with_its_events(probe: ServiceUnderTest) -> None:
    with pytest.raises(InterruptedError):
        async with probe.tx() as tx:
            await raise_counter(tx, uuid4(), "x")
            raise InterruptedError
    async with probe.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM counter") == 0
    assert await probe.published() == []


async def test_the_version_of_an_aggregate_is_used_once(probe: ServiceUnderTest) -> None:
    """Two events of one version cannot both be published, whoever forgets the lock."""
    counter = uuid4()
    async with probe.tx() as tx:
        await raise_counter(tx, counter, "x")
    with pytest.raises(asyncpg.UniqueViolationError):
        async with probe.tx() as tx:
            await tx.execute("UPDATE counter SET version = 0")
            await raise_counter(tx, counter, "again")


async def test_a_process_frozen_inside_a_transaction_does_not_block_for_ever(probe: ServiceUnderTest) -> None:
    async with probe.tx() as tx:
        timeout = await tx.fetchval("SHOW idle_in_transaction_session_timeout")
        zone = await tx.fetchval("SHOW timezone")
        isolation = await tx.fetchval("SHOW transaction_isolation")
    assert (timeout, zone, isolation) == ("15s", "UTC", "read committed")


@pytest.fixture
async def narrow(probe: ServiceUnderTest) -> AsyncIterator[Database]:
    """A database with one connection."""
    database = Database(str(probe.kit.settings.database_url), pool_size=1, application="test")
    await database.open()
    yield database
    await database.close()


async def test_whoever_waits_for_a_connection_has_the_next_that_is_given_back(narrow: Database) -> None:
    served: list[int] = []

    async def ask(number: int) -> None:
        for _ in range(5):
            async with narrow.connection() as connection:
                assert narrow.in_use() == 1
                await connection.fetchval("SELECT 1")
                served.append(number)

    async with asyncio.timeout(10):
        await asyncio.gather(*(ask(number) for number in range(4)))
    assert sorted(served) == sorted(list(range(4)) * 5)
    assert narrow.in_use() == 0


async def test_why_a_transaction_ended_is_told_also_when_its_connection_is_lost(
    probe: ServiceUnderTest, narrow: Database
) -> None:
    """A refusal must not become an outage, nor a caller who was cancelled somebody who was not."""
    for reason in (InterruptedError, asyncio.CancelledError):
        with pytest.raises(reason):
            async with narrow.transaction(SYSTEM) as tx:
                lost = await tx.fetchval("SELECT pg_backend_pid()")
                async with probe.tx() as other:
                    assert await other.fetchval("SELECT pg_terminate_backend($1, 5000)", lost)
                with pytest.raises((*OUTAGES, asyncpg.PostgresError)):
                    for _ in range(100):
                        await tx.fetchval("SELECT 1")
                raise reason
        assert narrow.in_use() == 0


async def test_when_none_comes_free_it_is_an_outage(
    narrow: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "ACQUIRE_SECONDS", 0.1)
    async with narrow.connection():
        with pytest.raises(OUTAGES):
            async with narrow.connection():
                pass
        assert narrow.in_use() == 1
    async with narrow.connection() as connection:
        assert await connection.fetchval("SELECT 7") == 7
