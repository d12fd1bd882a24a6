"""The same filing again: made without a connection, it comes under the id that the device gave it, and perhaps several times."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def print_of(content: Mapping[str, Any]) -> bytes:
    """Equal for equal content, however it was written down; seal it before it is kept."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).digest()
