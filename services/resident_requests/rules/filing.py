"""The same filing again: made without a connection, it comes under the id that the device gave it, and perhaps several times."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from resident_requests.problems import OtherFilingsFull

# How wrong the clock of a device may be, and how long it may be without a connection.
_AHEAD, _OFFLINE = timedelta(days=1), timedelta(days=90)

# Beside one request: each is compared with what comes, under its lock, and all of them are one answer to staff.
MOST_OTHERS, MOST_BYTES_OF_OTHERS = 20, 1024 * 1024


def may_be_made(made: UUID, at: datetime) -> bool:
    """Lists are in the order of the ids, which say when they were made (RFC 9562): one of the far future would stand at the top of
    every list for ever."""
    return made.version == 7 and (at - _OFFLINE) <= _made_at(made, at) <= at + _AHEAD


def _made_at(made: UUID, at: datetime) -> datetime:
    """48 bits of milliseconds since 1970; a time that no calendar has is as good as none."""
    try:
        return datetime.fromtimestamp((made.int >> 80) / 1000, tz=at.tzinfo)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=at.tzinfo)


def print_of(content: Mapping[str, Any]) -> bytes:
    """Equal for equal content, however it was written down; seal it before it is kept."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).digest()


def one_more(kept: Sequence[bytes]) -> None:
    """OtherFilingsFull where no other content is kept beside these; the last one may be as large as a call."""
    if len(kept) >= MOST_OTHERS or sum(map(len, kept)) >= MOST_BYTES_OF_OTHERS:
        raise OtherFilingsFull(field="id")
