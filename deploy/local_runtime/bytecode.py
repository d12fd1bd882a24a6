"""Where the services' processes keep compiled modules when this environment forbids it beside the source.

Twelve processes would otherwise compile the same thousand files each, at every start: half of a warm start."""

import os
import sys

from local_runtime.jars import cache_folder


def environment() -> dict[str, str]:
    """Nothing where Python keeps its own: what an install compiled is found there."""
    if not sys.dont_write_bytecode or os.environ.get("PYTHONPYCACHEPREFIX"):
        return {}
    return {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(cache_folder().parent / "bytecode"),
    }
