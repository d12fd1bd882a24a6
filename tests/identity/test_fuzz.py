"""The short form of the fuzz run, inside `make test`: the gateway, which has every operation, as three people."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SEED = 20261125


@pytest.mark.timeout(300)
def test_nothing_that_is_sent_is_answered_by_a_fault_or_by_what_was_not_declared(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    done = subprocess.run(
        [sys.executable, "-m", "identity.fuzz", "--seconds", "24", "--every", "40", "--seed", str(SEED), "--json", str(told),
         "--only", "resident_gateway", "--role", "none", "resident", "worker"],
        env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    figures = json.loads(told.read_text())
    # A run that reaches nothing finds nothing.
    assert figures["calls"] > 300
    assert figures["operations that answered 2xx to some role"] > 5
