"""`linli parked`: look at what was set aside, try it again, or give its head up."""

import asyncio
from typing import Annotated

import asyncpg
import typer
from rich import print as say

from local_runtime.databases import maintenance_dsn, service_dsn
from local_runtime.home import Home
from local_runtime.house import SERVICES, service_named
from local_runtime.ports import remembered
from platform_kit.db import connect as kit_connect
from platform_kit.parking import drop_head, hurry

app = typer.Typer(no_args_is_help=True, help="Events that were set aside.")
ServiceName = Annotated[str, typer.Argument(help="for example volunteer_matching")]
Group = Annotated[str, typer.Argument(help="the consumer, for example volunteer_matching.requests")]


async def connect(service: str) -> "asyncpg.Connection[asyncpg.Record]":
    home = Home.at()
    dsn = service_dsn(home, maintenance_dsn(home, remembered(home)), service_named(service))
    return await kit_connect(dsn, service)


@app.command("list")
def list_parked(
    service: Annotated[str | None, typer.Argument(help="one service; all without it")] = None,
) -> None:
    """Every aggregate that waits behind a parked event."""

    async def show(service: str) -> None:
        connection = await connect(service)
        rows = await connection.fetch(
            """
            SELECT k.consumer, k.topic, k.aggregate, k.failures, k.reason, count(e.version) AS events
            FROM parked_key k LEFT JOIN parked_event e USING (consumer, topic, aggregate)
            GROUP BY k.consumer, k.topic, k.aggregate ORDER BY min(k.parked_at)
            """
        )
        for row in rows:
            say(f"{row['consumer']}  {row['topic']}  {row['aggregate']}  {row['events']} events, "
                f"{row['failures']} tries: {row['reason']}")  # fmt: skip
        say(f"{service}: {len(rows)} parked")
        await connection.close()

    for name in [service] if service else [each.name for each in SERVICES]:
        asyncio.run(show(name))


@app.command()
def show(service: ServiceName, group: Group, topic: str, aggregate: str) -> None:
    """The events of one parked aggregate, the head first."""

    async def look() -> None:
        connection = await connect(service)
        rows = await connection.fetch(
            """
            SELECT version, headers, convert_from(payload, 'UTF8') AS payload FROM parked_event
            WHERE consumer = $1 AND topic = $2 AND aggregate = $3 ORDER BY version
            """,
            group,
            topic,
            aggregate,
        )
        for row in rows:
            say(f"v{row['version']} {row['headers']['ce_type']} {row['payload']}")
        await connection.close()

    asyncio.run(look())


@app.command()
def retry(service: ServiceName, group: Group, topic: str, aggregate: str) -> None:
    """Let the worker try the head again now."""

    async def try_now() -> None:
        connection = await connect(service)
        due = await hurry(connection, group, topic, aggregate)
        say("due now" if due else "nothing of that name is parked")
        await connection.close()

    asyncio.run(try_now())


@app.command()
def drop(service: ServiceName, group: Group, topic: str, aggregate: str) -> None:
    """Give up the head: its version counts as applied, what follows goes on."""
    typer.confirm("The event will never take effect here. Give it up?", abort=True)

    async def give_up() -> None:
        connection = await connect(service)
        async with connection.transaction():
            dropped = await drop_head(connection, group, topic, aggregate)
        say("given up" if dropped else "nothing of that name is parked")
        await connection.close()

    asyncio.run(give_up())
