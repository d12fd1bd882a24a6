"""What an operation touches: the buffers of its statements and the shapes of their plans. They are explained with the very
arguments that it ran them with, by the service's own role, as somebody whom the database shows what is theirs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson

from platform_kit.acting import Acting
from platform_kit.db import connect
from platform_kit.testing import ServiceUnderTest
from proof.figures import Tell

Operation = Callable[[Any], Awaitable[object]]


class Touched(NamedTuple):
    """Blocks of all its statements, the shape of each plan, milliseconds in the server."""

    buffers: int
    shapes: list[str]
    milliseconds: float


async def touched(connection: Any, operation: Operation, acting: Acting) -> Touched:
    """The median of three runs: one that asks for a key which falls between two leaves of an index reads one of them more."""
    return sorted([await _once(connection, operation, acting) for _ in range(3)])[1]


async def _once(connection: Any, operation: Operation, acting: Acting) -> Touched:
    """Of the second time that it runs: the first time, the driver may have to ask the server about types."""
    queries: list[Any] = []
    for noted in ([], queries):
        await _rolled_back(connection, acting, _noting(connection, operation, noted))
    # The driver tells of a statement in the loop's next turn.
    await asyncio.sleep(0)
    if not queries:
        raise AssertionError("the operation ran no statement")
    # Explained is run: in their order, as each may need what those before it have written.
    for _ in range(2):
        explained = await _rolled_back(connection, acting, _explaining(connection, queries))
    return Touched(
        sum(
            each["Plan"][blocks]
            for each in explained
            for blocks in ("Shared Hit Blocks", "Shared Read Blocks")
        ),
        [_shape(each["Plan"]) for each in explained],
        sum(each["Execution Time"] for each in explained),
    )


async def _rolled_back(connection: Any, acting: Acting, work: Callable[[], Awaitable[Any]]) -> Any:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SELECT set_config('linli.caller', $1, true)", acting.setting)
        return await work()
    finally:
        await transaction.rollback()


def _noting(connection: Any, operation: Operation, noted: list[Any]) -> Callable[[], Awaitable[Any]]:
    async def work() -> None:
        with connection.query_logger(noted.append):
            await operation(connection)

    return work


def _explaining(connection: Any, queries: list[Any]) -> Callable[[], Awaitable[Any]]:
    async def work() -> list[dict[str, Any]]:
        explained = []
        for query in queries:
            said = await connection.fetchval(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query.query}", *query.args
            )
            explained += orjson.loads(said) if isinstance(said, str) else said
        return explained

    return work


@asynccontextmanager
async def role_of(service: ServiceUnderTest) -> AsyncIterator[Any]:
    """A connection of the service's own role, on which statements are noted and explained."""
    connection = await connect(service.kit.settings.database_url, service.service.name)
    try:
        yield connection
    finally:
        await connection.close()


def tell_growth(figure: Tell, name: str, few: Touched, many: Touched, *, rows: tuple[int, int]) -> None:
    """At most twice the buffers, by the same plan."""
    same = few.shapes == many.shapes
    value = (
        f"{many.buffers / few.buffers:.2f} times ({few.buffers} buffers, {few.milliseconds:.2f} ms among {rows[0]:,};"
        f" {many.buffers}, {many.milliseconds:.2f} ms among {rows[1]:,})"
    )
    if not same:
        value = "\n".join((f"{value}, by another plan", *few.shapes, "became", *many.shapes))
    met = same and many.buffers <= 2 * few.buffers
    figure(f"buffers: {name}", value, "<= 2 times, by the same plan", met=met)


async def tidy(owner_dsn: str) -> None:
    """As autovacuum leaves a table that has grown."""
    connection = await connect(owner_dsn, "owner")
    try:
        await connection.execute("SET statement_timeout = 0")
        await connection.execute("VACUUM (ANALYZE)", timeout=900)
    finally:
        await connection.close()


def _shape(plan: dict[str, Any]) -> str:
    """Nodes, and what each of them reads by which index."""
    own = " ".join(str(plan[name]) for name in ("Node Type", "Relation Name", "Index Name") if name in plan)
    parts = ", ".join(_shape(each) for each in plan.get("Plans", ()))
    return f"{own} ({parts})" if parts else own
