"""`linli audit`: is what the services wrote down about everybody's doings still what they wrote?"""

import asyncio
from typing import Annotated

import asyncpg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from local_runtime.databases import maintenance_dsn, service_dsn
from local_runtime.home import Home
from local_runtime.house import SERVICES, Service, service_named
from local_runtime.ports import remembered
from local_runtime.secrets_store import audit_anchor_key_file
from platform_kit.audit_anchors import AnchorForged, Anchors
from platform_kit.audit_verify import Verdict, verify
from platform_kit.db import TROUBLE, connect

app = typer.Typer(no_args_is_help=True, help="What the services wrote down about everybody's doings.")
console = Console(highlight=False, soft_wrap=True)


@app.callback()
def audit() -> None:
    """Without it typer would take the only command for the whole."""


@app.command(name="verify")
def verify_audit(
    service: Annotated[str | None, typer.Argument(help="one service; all without it")] = None,
    home: Annotated[str | None, typer.Option("--home")] = None,
) -> None:
    """Compute every hash of the chain again and hold it against the anchors; exit 1 when a row is not what it was."""
    chosen = (service_named(service),) if service else SERVICES
    place = Home.at(home)
    whole = [_is_whole(place, each) for each in chosen]
    raise typer.Exit(0 if all(whole) else 1)


def _is_whole(home: Home, service: Service) -> bool:
    try:
        verdict = asyncio.run(_verdict(home, service))
    except (AnchorForged, asyncpg.PostgresError, *TROUBLE) as error:
        console.print(f"{service.name}: BAD: {error}")
        return False
    counts = f"{verdict.chained:,} rows chained, {verdict.waiting:,} wait, {verdict.anchors:,} anchors"
    if (fault := verdict.fault) is None:
        console.print(f"{service.name}: {counts}; whole")
        return True
    link = f"link {fault.seq}" if fault.seq else "no link"
    row = f", row {fault.audit_id}" if fault.audit_id else ""
    console.print(f"{service.name}: BAD at {link}{row}: {fault.what} (before it: {counts})")
    return False


async def _verdict(home: Home, service: Service) -> Verdict:
    # The anchors first: one that is taken meanwhile may know more than the snapshot below.
    anchors = Anchors.at(home.anchors, service.name, audit_anchor_key_file(home)).all()
    dsn = service_dsn(home, maintenance_dsn(home, remembered(home)), service)
    connection = await connect(dsn, "linli.audit")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            length = await connection.fetchval("SELECT coalesce(max(seq), 0) FROM public.audit_chain")
            columns = (TextColumn(service.name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            with Progress(
                *columns, console=console, transient=True, disable=not console.is_terminal
            ) as progress:
                task = progress.add_task("", total=length)
                return await verify(
                    connection, anchors, lambda looked_at: progress.update(task, completed=looked_at)
                )
    finally:
        await connection.close()
