"""Messages to people. In local mode they are captured: one file each, readable by whoever owns the house."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from platform_kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Message:
    to: str
    text: str
    at: str


def deliver(folder: Path, to: str, text: str, at: datetime) -> None:
    """Write one captured message, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{new_id()}.json"
    descriptor = os.open(place.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(Message(to, text, at.isoformat())))
    place.with_suffix(".new").rename(place)


def captured(folder: Path, most: int = 50) -> Iterator[Message]:
    """The newest first."""
    for place in sorted(folder.glob("*.json"), reverse=True)[:most]:
        yield Message(**orjson.loads(place.read_bytes()))
