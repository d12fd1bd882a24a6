"""Deliberate bugs: each patch of `mutations/` is applied to a copy of this tree, and its scenario must fail there.

A bug that nothing catches means that a scenario is missing, or cannot fail. Before that the same scenarios, under the same
conditions, must pass on the tree as it is: or what they see is not the bug.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "mutations"
PATIENCE_SECONDS = 45
LEAVING_SECONDS = 60
_COPIED = ("services", "shared", "deploy", "tests")


class DidNotRun(Exception):
    """The fault run ended without a word of its scenarios."""


@dataclass(frozen=True)
class Mutation:
    """The first line of a patch says what is wrong with it, the second which scenario must see it, the third as what: any
    other failure may be the machine's."""

    name: str
    what: str
    scenario: str
    seen_as: re.Pattern[str]
    patch: Path


@dataclass(frozen=True)
class Outcome:
    mutation: Mutation
    caught: bool
    seconds: float
    why: str


def mutations(names: list[str]) -> list[Mutation]:
    """All, or those of these names; a KeyError names one that does not exist."""
    found = {}
    for patch in sorted(FOLDER.glob("*.patch")):
        what, caught_by, seen_as = patch.read_text().splitlines()[:3]
        scenario = caught_by.removeprefix("Caught by: ")
        pattern = re.compile(seen_as.removeprefix("Seen as: "))
        found[patch.stem] = Mutation(patch.stem, what, scenario, pattern, patch)
    return list(found.values()) if names == ["all"] else [found[name] for name in names]


def run(names: list[str], *, seed: int, console: Console) -> bool:
    """Whether every one of them was caught."""
    chosen, outcomes = mutations(names), []
    if failing := _control(sorted({mutation.scenario for mutation in chosen}), seed):
        console.print(f"the tree as it is does not pass: {failing}", markup=False)
        return False
    console.print("the tree as it is passes them all")
    for mutation in chosen:
        outcomes.append(_try(mutation, seed))
        mine = outcomes[-1]
        console.print(
            f"{mutation.name}: {'caught' if mine.caught else 'NOT CAUGHT'} by {mutation.scenario} in {mine.seconds:.0f} s: "
            f"{mine.why}",
            markup=False,
        )
    table = Table(
        "deliberate bug", "what is wrong", "scenario", "caught", "by what", title="Mutations", show_lines=True
    )
    for each in outcomes:
        table.add_row(
            each.mutation.name,
            each.mutation.what,
            each.mutation.scenario,
            "yes" if each.caught else "NO",
            each.why,
        )
    console.print(table)
    return bool(outcomes) and all(each.caught for each in outcomes)


def _try(mutation: Mutation, seed: int) -> Outcome:
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="linli-mutation-")).resolve()
    folder.chmod(0o755)
    try:
        for part in _COPIED:
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run(
            ["git", "apply", "-p1", str(mutation.patch)],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        [row] = _run([mutation.scenario], seed, folder)
        seen = [why for why in row["why"] if mutation.seen_as.search(why)]
        why = seen[0] if seen else "; ".join(row["why"])
        caught = row["outcome"] == "FAILED" and bool(seen)
        return Outcome(mutation, caught, time.monotonic() - started, why[:300])
    except DidNotRun as error:
        return Outcome(mutation, False, time.monotonic() - started, f"did not run: {error}")
    except subprocess.CalledProcessError as error:
        return Outcome(mutation, False, time.monotonic() - started, f"does not apply: {error.stderr[:300]}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _control(scenarios: list[str], seed: int) -> list[str]:
    """Which of these fail without any bug: what they would see then is no bug either."""
    return [
        f"{row['scenario']}: {row['why']}"
        for row in _run(scenarios, seed, ROOT)
        if row["outcome"] == "FAILED"
    ]


def _run(scenarios: list[str], seed: int, tree: Path) -> list[dict[str, Any]]:
    """The rows of the short forms of these scenarios on the code of that tree."""
    with tempfile.TemporaryDirectory(prefix="linli-told-") as folder:
        told = Path(folder) / "told.json"
        child = subprocess.Popen(
            [sys.executable, "-m", "faults", "--short", "--only", *scenarios, "--seed", str(seed),
             "--tree", str(tree), "--json", str(told), "--patience", str(PATIENCE_SECONDS)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            said, _ = child.communicate()
        except BaseException:
            # Told to end, and once: it takes its house down. Ctrl-C would have reached it beside us.
            child.terminate()
            child.communicate(timeout=LEAVING_SECONDS)
            raise
        if not told.exists():
            raise DidNotRun(said[-600:])
        rows: list[dict[str, Any]] = json.loads(told.read_text())
        return rows
