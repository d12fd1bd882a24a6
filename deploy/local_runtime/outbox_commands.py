"""`linli outbox`: send again after a broker's loss, or give up an event that could never be sent."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import typer
from rich import print as say

from local_runtime.parked_commands import connect
from platform_kit.db import Tx
from platform_kit.outbox import resend, void

app = typer.Typer(no_args_is_help=True, help="Events on their way out.")
ServiceName = Annotated[str, typer.Argument(help="for example relief_disbursement")]


@app.command(name="resend")
def send_again(
    service: ServiceName,
    since: Annotated[
        datetime,
        typer.Option(
            help="an instant with its zone, 2026-11-25T08:00:00+08:00", formats=["%Y-%m-%dT%H:%M:%S%z"]
        ),
    ],
) -> None:
    """Send again what was sent since then; consumers drop what they have."""
    say(f"{_within(service, lambda tx: resend(tx, since))} events will be sent again")


@app.command(name="void")
def give_up(
    service: ServiceName, outbox_id: Annotated[int, typer.Argument(help="as linli status names it")]
) -> None:
    """Replace an event that could never be sent by one without effect, so that its aggregate goes on."""
    typer.confirm("The event will never take effect anywhere. Replace it?", abort=True)
    say("replaced" if _within(service, lambda tx: void(tx, outbox_id)) else "there is no such unsent event")


def _within(service: str, do: Callable[[Tx], Awaitable[int]]) -> int:
    async def run() -> int:
        connection = await connect(service)
        try:
            async with connection.transaction():
                return await do(connection)
        finally:
            await connection.close()

    return asyncio.run(run())
