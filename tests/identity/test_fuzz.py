"""The fuzz run: in `make test` a short form, the gateway, which has every operation, as three people; in `make prove` all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from proof.figures import Tell, proving

TESTS = Path(__file__).parents[1]
SHORT = (
    "--seconds",
    "24",
    "--every",
    "40",
    "--only",
    "resident_gateway",
    "--role",
    "none",
    "resident",
    "worker",
)
# Of schemathesis, in their order; "examples" has nothing to send, as no schema of ours holds any. The short form has time for
# the first alone.
PHASES = ("coverage", "fuzzing", "stateful")
LONG = ("--seconds", "900", "--every", "4")


@pytest.mark.timeout(2400)
def test_nothing_that_is_sent_is_answered_by_a_fault_or_by_what_was_not_declared(
    tmp_path: Path, figure: Tell
) -> None:
    told = tmp_path / "told.json"
    seed = os.environ.get("LINLI_SEED", "20261125")
    done = subprocess.run(
        [sys.executable, "-m", "identity.fuzz", "--seed", seed, "--json", str(told), *(LONG if proving() else SHORT)],
        env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    figures = json.loads(told.read_text()) if told.exists() else {}
    # A run that reaches nothing finds nothing.
    calls, ran = figures.get("calls", 0), figures.get("calls by phase", {})
    figure("fuzz: calls", calls, "> 300", met=calls > 300)
    phases = PHASES if proving() else PHASES[:1]
    figure("fuzz: calls by phase", ran, f"each of {', '.join(phases)}", met=all(map(ran.get, phases)))
    usable, used = (
        figures["operations of the gateway that some role may use"],
        figures["of these answered 2xx"],
    )
    part = 0.5 if proving() else 0.1
    figure("fuzz: operations that answered 2xx to some role that may use them", f"{used} of {usable}", f">= {part:.0%}",
           met=0 < usable * part <= used)  # fmt: skip
    for role, told in figures["answered 2xx, of what each role may use"].items():
        figure(f"fuzz: operations that answered 2xx to {role}", told, "told only", met=True)
    found = figures["findings (bar 0)"]
    print(done.stdout[-8000:] + done.stderr[-2000:])  # noqa: T201 - shown when it fails
    figure("fuzz: faults and undeclared answers", found, "0", met=found == 0 and done.returncode == 0)
