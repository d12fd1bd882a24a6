"""`linli demo`: the house is started, its story told over HTTP, and whom you can be is printed."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import httpx
import typer
from rich.console import Console
from rich.table import Table

from local_runtime import clock
from local_runtime.demo import people
from local_runtime.demo.city_scene import import_city
from local_runtime.demo.client import Client, Refused
from local_runtime.demo.help_scene import ask_for_help
from local_runtime.demo.order_scene import pay_order
from local_runtime.demo.registry_scene import open_registry
from local_runtime.demo.relief_scene import pay_relief
from local_runtime.demo.stage import Stage
from local_runtime.demo.timeline_scene import show_timeline
from local_runtime.home import Home
from local_runtime.up import Running, up

console = Console(highlight=False)


def demo(
    home: Annotated[Path | None, typer.Option("--home", help="where this instance keeps everything")] = None,
    households: Annotated[int, typer.Option(help="households that apply for relief", min=5, max=5000)] = 500,
    reports: Annotated[int, typer.Option(help="city reports to import", min=1, max=2000)] = 2000,
    free_ports: Annotated[bool, typer.Option(help="any free ports instead of the usual ones")] = False,
) -> None:
    """Tell the house's story through its public API; safe to repeat: a second run adds one request and nothing else."""
    place = Home.at(home)
    running = up(place, console.print, usual_ports=not free_ports)
    try:
        asyncio.run(tell(running, households, reports))
    except (Refused, AssertionError, TimeoutError, httpx.HTTPError) as error:
        console.print(f"[red]the story broke off: {error}[/red]")
        raise typer.Exit(1) from None


async def tell(running: Running, households: int, reports: int) -> None:
    limits = httpx.Limits(max_connections=16)
    async with httpx.AsyncClient(
        base_url=running.gateway, timeout=60, limits=limits, trust_env=False
    ) as http:
        stage = Stage(
            http=http,
            console=console,
            run=f"demo/{uuid4()}",
            began=_began(running.home),
            households=households,
            reports=reports,
            advance=lambda seconds: asyncio.to_thread(clock.advance, running, seconds),
            outgoing=running.home.root / "bank",
        )
        operator = Client(http, await asyncio.to_thread(clock.operator_token, running))
        await open_registry(stage, operator)
        await import_city(stage)
        request_id = await ask_for_help(stage)
        await pay_relief(stage)
        await pay_order(stage)
        await show_timeline(stage, request_id)
    _print_story(stage)
    _print_people(running)


def _began(home: Home) -> datetime:
    """When this house's first demo began; written down before anything is sent."""
    known = home.read_state("demo").get("began")
    if isinstance(known, str):
        return datetime.fromisoformat(known)
    began = datetime.now(UTC).replace(microsecond=0)
    home.write_state("demo", {"began": began.isoformat()})
    return began


def _print_story(stage: Stage) -> None:
    table = Table("scene", "what happened", "seconds", title="The story", show_lines=True)
    for told in stage.told:
        table.add_row(told.scene, told.what, f"{told.seconds:.1f}")
    console.print(table)


def _print_people(running: Running) -> None:
    table = Table(title=f"Be one of them, at {running.gateway}/", show_lines=False)
    for column in ("address", "who", "account", "password or code", "what to try"):
        table.add_column(column, overflow="fold")
    for person in people.NEIGHBOURS:
        table.add_row("/", person.name, person.phone, "code, see messages", person.what_to_try)
    for official in people.OFFICIALS:
        table.add_row("/", official.name, official.account, people.STAFF_PASSWORD, official.what_to_try)
    console.print(table)
    for what, address in (
        ("sign in", f"{running.gateway}/"),
        ("captured messages (SMS, mail)", f"{running.gateway}/local/messages"),
        ("the API, described", f"{running.gateway}/openapi.json"),
        ("public notices", f"{running.gateway}/api/v1/notices"),
    ):
        console.print(f"{what}: {address}", soft_wrap=True)
    console.print("stop it with: linli down")
