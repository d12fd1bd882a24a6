"""The database's own barrier alone: what a principal reaches with bare SQL, as the service's role, whatever the code would ask."""

from typing import Any

import asyncpg

from platform_kit.acting import Acting
from platform_kit.testing import ServiceUnderTest

UNSET = Acting("")


async def seen(service: ServiceUnderTest, table: str, acting: Acting) -> int:
    async with service.tx(acting) as tx:
        return int(await tx.fetchval(f"SELECT count(*) FROM {table}"))


async def reached(service: ServiceUnderTest, table: str, acting: Acting) -> int:
    """Rows that an UPDATE or a DELETE of everything would change."""
    async with service.owner() as owner:
        column = await owner.fetchval(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND attidentity = ''"
            " AND NOT attisdropped ORDER BY attnum LIMIT 1",
            table,
        )
    changed = 0
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        try:
            async with service.tx(acting) as tx:
                changed += int((await tx.execute(statement)).split()[-1])
                raise _Enough
        except _Enough:
            continue
        except asyncpg.InsufficientPrivilegeError:
            # The rows were reached, and what would stand there afterwards is not theirs to write.
            continue
        except asyncpg.IntegrityConstraintViolationError:
            # Of tables that nobody at all may change.
            continue
    return changed


async def may_add(service: ServiceUnderTest, table: str, acting: Acting, *, like: str = "true") -> bool:
    """Would the barrier take a row like those that are there? (What a key or a check says of a copy is another matter.)"""
    async with service.tx() as tx:
        row = await tx.fetchval(f"SELECT to_jsonb(t) FROM {table} t WHERE {like} LIMIT 1")
    if row is None:
        raise AssertionError(f"{table} is empty: nothing is proved")
    async with service.owner() as owner:
        # They would speak first.
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        async with service.tx(acting) as tx:
            await tx.execute(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::{table}, $1)",
                row,
            )
            raise _Enough
    except asyncpg.InsufficientPrivilegeError:
        return False
    except (_Enough, asyncpg.IntegrityConstraintViolationError):
        return True


async def all_of(service: ServiceUnderTest, tables: Any, acting: Acting) -> dict[str, int]:
    """What is seen of each table, without those of which nothing is."""
    found = {table: await seen(service, table, acting) for table in tables}
    return {table: count for table, count in found.items() if count}


class _Enough(Exception):
    """Rolls back."""
