"""`python -m faults [--only NAME …] [--seed N] [--short]`: the fault run, with a table at its end."""

import argparse
import asyncio
import json
import random
import signal
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from faults import mutate, scenarios
from faults.checker import Checker
from faults.ground import Ground, ground
from faults.load import Load, Refused
from faults.people import open_town
from faults.scenario import Row, Scenario, Stage, Tally, play

console = Console(width=180, highlight=False)


def main() -> None:
    # The house that was started goes with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="faults")
    parser.add_argument("--only", nargs="*", default=[], choices=[each.name for each in scenarios.ALL])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--short", action="store_true", help="the form inside `make test`")
    parser.add_argument("--tree", type=Path, default=None, help="the copy of this tree whose code runs")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument(
        "--patience", type=float, default=120.0, help="seconds for everything to come to rest"
    )
    parser.add_argument(
        "--mutate", nargs="*", default=[], help="deliberate bugs by name, or all: each must be caught"
    )
    arguments = parser.parse_args()
    if arguments.mutate:
        sys.exit(0 if mutate.run(arguments.mutate, seed=arguments.seed, console=console) else 1)
    chosen = [
        each
        for each in scenarios.ALL
        if (each.name in arguments.only if arguments.only else each.in_short or not arguments.short)
    ]
    console.print(f"seed {arguments.seed}: the same faults again with --seed {arguments.seed}")
    rows = run(
        chosen,
        seed=arguments.seed,
        short=arguments.short,
        tree=arguments.tree,
        patience=arguments.patience,
    )
    report(rows)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps([_plain(row) | {"why": _why(row)} for row in rows], indent=1))
    sys.exit(0 if rows and all(row.passed for row in rows) else 1)


def run(
    chosen: list[Scenario], *, seed: int, short: bool, tree: Path | None = None, patience: float = 120.0
) -> list[Row]:
    """Every scenario on one house, but those that bring their own; a row of each."""
    rows: list[Row] = []
    if common := [each for each in chosen if each.ground is None]:
        with ground(console.print, tree=tree) as built:
            rows += asyncio.run(_play_all(built, common, seed, short, patience))
    for each in chosen:
        if each.ground is not None:
            try:
                with each.ground(console.print, tree) as built:
                    rows += asyncio.run(_play_all(built, [each], seed, short, patience))
            except (OSError, TimeoutError) as error:
                # The others' rows must not be lost with it.
                rows.append(Row(each, Tally(failed=[f"its house did not come up: {error}"])))
                _say(rows[-1])
    return rows


async def _play_all(
    built: Ground, chosen: list[Scenario], seed: int, short: bool, patience: float
) -> list[Row]:
    load = Load("load", built.running.gateway, seed)
    probe = Load("probe", built.running.api("probe_service"), seed, prefix="")
    for proxy in built.cutting:
        await proxy.open()
    await load.open()
    await probe.open()
    started = time.monotonic()
    try:
        town = await open_town(built, load)
    except Refused as error:
        # A house that refuses what it has just acknowledged fails in whatever it was opened for.
        closed = [Row(each, Tally(failed=[f"the town did not open: {error!r}"])) for each in chosen]
        _say(closed[0])
        return closed
    console.print(f"{time.monotonic() - started:5.1f} s  the town is there")
    checker = Checker(built, (load, probe), patience)
    stage = Stage(built, town, load, probe, checker, random.Random(seed), short)
    rows = []
    for scenario in chosen:
        console.print(f"[bold]{scenario.name}[/bold]: {scenario.title}")
        rows.append(await play(scenario, stage))
        _say(rows[-1])
    await load.close()
    await probe.close()
    for proxy in built.cutting:
        await proxy.close()
    return rows


def _say(row: Row) -> None:
    for note in row.tally.notes:
        console.print(f"    {note}", markup=False)
    for why in _why(row):
        console.print(f"    [red]{why}[/red]")
    outcome = "passed" if row.passed else "[red]FAILED[/red]"
    console.print(
        f"  {outcome} in {row.seconds:.0f} s: {row.tally.injected} faults, {row.tally.in_flight} hit work in flight, "
        f"{row.acknowledged} acknowledged, {row.unknown} replayed"
    )


def _why(row: Row) -> list[str]:
    found = [*row.tally.failed, *row.verdict.why]
    return found if row.tally.in_flight else [*found, "no fault hit work in flight"]


def report(rows: list[Row]) -> None:
    table = Table(title="The fault run")
    for column in ("scenario", "faults", "in flight", "acknowledged", "replayed", "lost", "doubled", "out of order",
                   "seconds", "outcome"):  # fmt: skip
        table.add_column(column, justify="left" if column == "scenario" else "right")
    for row in rows:
        table.add_row(*(str(value) for value in _plain(row).values()))
    console.print(table)


def _plain(row: Row) -> dict[str, object]:
    return {
        "scenario": row.scenario.name,
        "faults": row.tally.injected,
        "in flight": row.tally.in_flight,
        "acknowledged": row.acknowledged,
        "replayed": row.unknown,
        "lost": row.verdict.lost,
        "doubled": row.verdict.doubled,
        "out of order": row.verdict.out_of_order,
        "seconds": round(row.seconds),
        "outcome": "passed" if row.passed else "FAILED",
    }


if __name__ == "__main__":
    main()
