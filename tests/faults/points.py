"""Named points inside a process at which a fault is ordered. They exist only in processes that `faults.process` starts.

An order is a file in the folder of LINLI_FAULTS, named `<service>.<api|worker>@<point>`; whichever process of the
service comes there first takes it, says what it had in hand, and suffers the fault. So every such fault hits work.
"""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = "LINLI_FAULTS"
PAUSE_SECONDS = 180.0

WORKER_POINTS = (
    "before_send",
    "after_acknowledgement",
    "before_mark",
    "after_lease",
    "after_timer_claim",
    "before_effect_commit",
    "before_offset_commit",
)
API_POINTS = ("before_command_commit", "after_command_commit")


class Points:
    """The orders of one process."""

    def __init__(self, folder: Path, process: str) -> None:
        self._folder = folder
        self.process = process
        self.was_frozen = False
        (folder / "hits").mkdir(parents=True, exist_ok=True)

    async def reach(self, point: str, **in_hand: Any) -> None:
        """Suffer what is ordered here, if anything is. `in_hand` says what the process is in the midst of."""
        order = self._take(point, in_hand)
        if order is None:
            return
        action = order["action"]
        if action == "kill":
            await asyncio.sleep(float(order.get("after", 0)))
            os.kill(os.getpid(), signal.SIGKILL)
        elif action == "freeze":
            self.was_frozen = True
            os.kill(os.getpid(), signal.SIGSTOP)
        elif action == "block":
            time.sleep(float(order["seconds"]))  # noqa: ASYNC251 - a loop that is blocked is the fault
        elif action == "pause":
            deadline = time.monotonic() + PAUSE_SECONDS
            while not os.path.exists(order["until"]) and time.monotonic() < deadline:  # noqa: ASYNC240
                await asyncio.sleep(0.02)

    async def silence(self, place: str) -> None:
        """While `Orders.silent` is on for that place it does not answer, whoever asks, and says how often it was asked."""
        order = self._folder / f"silent@{place}"
        if order.exists():
            self.note("silence", place=place)
        while order.exists():
            await asyncio.sleep(0.05)

    def note(self, kind: str, **facts: Any) -> None:
        """Say something to the fault run: one file, whole or not at all."""
        name = f"{self.process}@{kind}.{time.time_ns()}"
        fresh = self._folder / f".{name}"
        fresh.write_text(json.dumps({"pid": os.getpid(), **facts}))
        fresh.rename(self._folder / "hits" / name)

    def _take(self, point: str, in_hand: dict[str, Any]) -> dict[str, Any] | None:
        place = self._folder / f"{self.process}@{point}"
        if not place.exists():
            return None
        mine = place.with_name(f".taken-{os.getpid()}-{time.time_ns()}")
        with contextlib.suppress(OSError):
            place.rename(mine)
            order: dict[str, Any] = json.loads(mine.read_text())
            self.note(point, action=order["action"], in_hand=in_hand)
            return order
        return None


class Orders:
    """The fault run's side of the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "hits").mkdir(parents=True, exist_ok=True)

    def give(self, process: str, point: str, action: str, **more: Any) -> None:
        """`process` is `<service>.api` or `<service>.worker`."""
        fresh = self.folder / f".order-{time.time_ns()}"
        fresh.write_text(json.dumps({"action": action, **more}))
        fresh.rename(self.folder / f"{process}@{point}")

    @contextlib.contextmanager
    def silent(self, place: str) -> Iterator[None]:
        """A partition (`topic-number`) that takes records and does not answer."""
        order = self.folder / f"silent@{place}"
        order.touch()
        try:
            yield
        finally:
            order.unlink()

    def withdraw(self, process: str, point: str) -> bool:
        """Take an order back that nobody came to; False when it was taken meanwhile."""
        try:
            (self.folder / f"{process}@{point}").unlink()
        except FileNotFoundError:
            return False
        return True

    def notes(self, process: str, kind: str) -> list[dict[str, Any]]:
        """What was said under that name, oldest first."""
        found = sorted(
            (self.folder / "hits").glob(f"{process}@{kind}.*"), key=lambda path: int(path.suffix[1:])
        )
        return [json.loads(path.read_text()) for path in found]

    async def hit(
        self, process: str, point: str, *, after: int = 0, patience: float = 60.0
    ) -> dict[str, Any]:
        """Wait until the order is taken: the note of it. `after`: how many notes of it there were before."""
        deadline = time.monotonic() + patience
        while True:
            notes = self.notes(process, point)
            if len(notes) > after:
                return notes[-1]
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing came to {process}@{point} in {patience:.0f} s")
            await asyncio.sleep(0.02)
