"""`python -m proof identity [--seed N]`: the tests of one issue in their long form, a line for each figure, JSON beside it.

Exits 1 when a test fails or a figure is missed, which one that was not told is as well (`expected.py`).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from proof import expected
from proof.figures import FIGURES, Figure
from proof.record import circumstances

TESTS = {
    "identity": (
        "tests/access",
        "tests/identity",
        "tests/services/resident_gateway/test_keys.py",
        "tests/services/resident_gateway/test_sign_in.py",
        "tests/deploy/local_runtime/test_audit_commands.py",
        "tests/shared/platform_kit/test_audit_chain.py",
    ),
    "requests": (
        "tests/services/resident_requests",
        "tests/services/resident_gateway/test_scale.py",
        "tests/journeys/city_data",
        "tests/journeys/open311",
    ),
}
# What must not have cost `make bench` one of its bars.
BENCHED = ("identity",)

console = Console(width=170, highlight=False, markup=False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="proof")
    parser.add_argument("what", choices=sorted(TESTS))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--without-bench", action="store_true", help="when it was just run by itself")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wanted = expected.EXPECTED[arguments.what]
        passed, figures = _tests(arguments.what, arguments.seed, Path(folder))
        if arguments.what in BENCHED and not arguments.without_bench:
            wanted += expected.BENCHED
            figures += _bench(arguments.seed, Path(folder))
    figures += expected.missing(wanted, figures)
    for figure in figures:
        console.print(figure.line())
    record = circumstances(arguments.seed) | {
        "tests passed": passed,
        "figures": [asdict(figure) for figure in figures],
    }
    kept = Path(f".local/proof/{arguments.what}.json")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(record, indent=1, ensure_ascii=False))
    missed = [figure for figure in figures if not figure.met]
    outcome = "all tests passed" if passed else "TESTS FAILED"
    console.print(f"{len(figures)} figures, {len(missed)} missed; {outcome}; seed {arguments.seed}")
    for name in expected.unlisted(wanted, figures):
        console.print(f"not on the list of what must be told: {name}")
    sys.exit(0 if passed and not missed else 1)


def _tests(what: str, seed: int, folder: Path) -> tuple[bool, list[Figure]]:
    """Whether all passed, and the figures that were told; pytest's own lines go by meanwhile."""
    told = folder / "figures.jsonl"
    told.touch()
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist=loadfile", *TESTS[what]],
        env={**os.environ, FIGURES: str(told), "LINLI_SEED": str(seed)},
        check=False,
    )
    return ran.returncode == 0, [Figure(**json.loads(line)) for line in told.read_text().splitlines()]


def _bench(seed: int, folder: Path) -> list[Figure]:
    kept = folder / "bench.json"
    subprocess.run(
        [sys.executable, "-m", "benchmarks", "--seed", str(seed), "--json", str(kept)], check=False
    )
    measured = json.loads(kept.read_text())["figures"] if kept.exists() else []
    return [
        Figure(
            f"bench: {each['name']}", f"{each['ratio']:.3g}",
            "told only" if each["bar"] is None else f"{'>=' if each['at_least'] else '<='} {each['bar']:g}", each["met"],
        )
        for each in measured
    ]  # fmt: skip


if __name__ == "__main__":
    main()
