"""The short form of the fault run: a few scenarios on one house, inside `make test`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults.mutate import Mutation, mutations
from faults.scenarios import ALL

TESTS = Path(__file__).parents[1]
SEED = 20261125


@pytest.mark.timeout(600)
def test_nothing_is_lost_doubled_or_out_of_order_in_the_short_fault_run(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    done = subprocess.run(
        [sys.executable, "-m", "faults", "--short", "--seed", str(SEED), "--json", str(told)],
        env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    rows = json.loads(told.read_text())
    assert [row["scenario"] for row in rows] == [each.name for each in ALL if each.in_short]
    for row in rows:
        assert (row["lost"], row["doubled"], row["out of order"]) == (0, 0, 0)
        assert 0 < row["in flight"] <= row["faults"]


@pytest.mark.parametrize("mutation", mutations(["all"]), ids=lambda mutation: mutation.name)
def test_every_deliberate_bug_applies_to_this_tree_and_names_its_scenario(mutation: Mutation) -> None:
    """Whether its scenario catches it, `make faults MUTATE=all` shows; that takes half an hour."""
    assert mutation.scenario in {each.name for each in ALL}
    done = subprocess.run(
        ["git", "apply", "--check", "-p1", str(mutation.patch)],
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
