"""A city's public data: the whole of it where it lies beside the repository, else the part of it that the demonstration tells of."""

import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_WHOLE = Path(os.environ.get("LINLI_SHARED", _ROOT.parent / "shared")) / "data" / "myla311-2020.csv"
_DEMO = _ROOT / "deploy" / "local_runtime" / "demo" / "city"
MAPPING = _DEMO / "mapping.csv"
WHOLE, PART = 10_000, 2_000
IS_WHOLE = _WHOLE.is_file()
FILE = _WHOLE if IS_WHOLE else _DEMO / "myla311-2020-extract.csv"
LINES = WHOLE if IS_WHOLE else PART
