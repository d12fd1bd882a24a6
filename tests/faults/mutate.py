"""Deliberate bugs: each patch of `mutations/` is applied to a copy of this tree, and its scenario must fail there.

A bug that nothing catches means that a scenario is missing, or cannot fail.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "mutations"
PATIENCE_SECONDS = 45
_COPIED = ("services", "shared", "deploy", "tests")


@dataclass(frozen=True)
class Mutation:
    """The first line of a patch says what is wrong with it, the second which scenario must see it."""

    name: str
    what: str
    scenario: str
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
        what, caught_by = patch.read_text().splitlines()[:2]
        found[patch.stem] = Mutation(patch.stem, what, caught_by.removeprefix("Caught by: "), patch)
    return list(found.values()) if names == ["all"] else [found[name] for name in names]


def run(names: list[str], *, seed: int, console: Console) -> bool:
    """Whether every one of them was caught."""
    outcomes = []
    for mutation in mutations(names):
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
        told = folder / "told.json"
        done = subprocess.run(
            [sys.executable, "-m", "faults", "--short", "--only", mutation.scenario, "--seed", str(seed),
             "--tree", str(folder), "--json", str(told), "--patience", str(PATIENCE_SECONDS)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests")}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if not told.exists():
            return Outcome(
                mutation,
                False,
                time.monotonic() - started,
                f"did not run: {done.stdout[-300:]}{done.stderr[-300:]}",
            )
        [row] = json.loads(told.read_text())
        why = "; ".join(row["why"])[:200]
        return Outcome(mutation, row["outcome"] == "FAILED", time.monotonic() - started, why)
    except subprocess.CalledProcessError as error:
        return Outcome(mutation, False, time.monotonic() - started, f"does not apply: {error.stderr[:300]}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
