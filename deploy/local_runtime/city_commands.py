"""`linli city import`: a city's open data comes in, by whoever runs the house."""

import asyncio
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from local_runtime.city_file import HeaderUnread
from local_runtime.city_import import import_file, report_beside
from local_runtime.city_report import Report
from local_runtime.demo.client import Refused, sign_in_by_password
from local_runtime.home import Home
from local_runtime.ports import remembered

app = typer.Typer(no_args_is_help=True, help="A city's open data.")
console = Console(highlight=False, soft_wrap=True)


@app.callback()
def city() -> None:
    """Without it typer would take the only command for the whole."""


@app.command(name="import")
def import_reports(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, in whatever encoding")],
    source: Annotated[str, typer.Option(help="described before: PUT /api/v1/import-sources/{name}")],
    home: Annotated[Path | None, typer.Option("--home", help="where this instance keeps everything")] = None,
) -> None:
    """Each line becomes a report or is refused by name, and the report beside the file says which. Again: it goes on where it was
    cut off, tries again what was refused before the source was described otherwise, and does nothing twice. Exits 1 when it could not be ended."""
    place, report = Home.at(home), report_beside(file, source)
    try:
        asyncio.run(_import(place, file, source, report))
    except HeaderUnread as error:
        console.print(f"[red]nothing was taken in: {error}[/red]")
        raise typer.Exit(1) from None
    except Refused as error:
        console.print(f"[red]it broke off: {error}[/red]\nOnce that is mended the same command goes on where it was.")  # fmt: skip
        raise typer.Exit(1) from None
    except (httpx.HTTPError, OSError, UnicodeError) as error:
        console.print(f"[red]it broke off: {error}[/red]\nThe same command goes on where it was.")
        raise typer.Exit(1) from None
    counts = report.counts()
    console.print(f"{sum(counts.values())} lines: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))  # fmt: skip
    for fault, count in report.faults().most_common(20):
        console.print(f"  {count} × {fault}")
    console.print(f"line by line: {report.path}")


async def _import(home: Home, file: Path, source: str, report: Report) -> None:
    address = f"http://127.0.0.1:{remembered(home)['resident_gateway.api']}"
    password = (home.secrets / "operator.password").read_text().strip()
    async with httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as http:
        client = await sign_in_by_password(http, "operator", password)
        with console.status("importing") as status:
            await import_file(client, file, source, report, lambda line: status.update(f"line {line}"))
