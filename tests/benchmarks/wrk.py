"""Load over HTTP by wrk: one thread, as many connections as the table says."""

import re
import subprocess
from pathlib import Path

CONNECTIONS = 32


def wrk(script: Path, address: str, seconds: int, *arguments: str) -> tuple[float, float]:
    """Answers a second and the 99th percentile in ms; the script ends with a RESULT line. Whatever is no 2xx fails the run."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), address, "--", *arguments],
        capture_output=True, text=True, check=True, timeout=seconds + 30,
    )  # fmt: skip
    requests, micros, status, socket, p99 = map(int, re.findall(r"RESULT (.*)", done.stdout)[0].split())
    if status or socket:
        raise AssertionError(f"{status} answers were refusals, {socket} connections broke:\n{done.stdout}")
    return requests / micros * 1e6, p99 / 1000
