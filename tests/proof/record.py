"""What is written beside every figure, so that somebody else can say whether two runs can be compared."""

import platform
import subprocess
from pathlib import Path
from typing import Any

import psutil


def circumstances(seed: int) -> dict[str, Any]:
    """The commit (and whether files were changed since), the seed, the machine."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--short")),
        "seed": seed,
        "machine": {
            "cores": psutil.cpu_count(),
            "memory": psutil.virtual_memory().total,
            "cpu": _cpu_model(),
            "system": platform.platform(),
        },
    }


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
