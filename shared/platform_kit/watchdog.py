"""A worker that has work and answering servers but makes no progress ends itself; the supervisor starts it again.

It is a thread, not a task: a blocked event loop is one of the things that it must notice.
"""

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

STALLED_EXIT = 70


class Progress:
    """Who is at work since when, and when the event loop last turned. Seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._working: dict[str, float] = {}
        self._turned = time.monotonic()

    def working(self, name: str) -> None:
        self._turned = self._working[name] = time.monotonic()

    def still_working(self, name: str) -> None:
        """No progress since, but the loop turns. After `idle`, which an outage is, it begins anew."""
        self._turned = time.monotonic()
        self._working.setdefault(name, self._turned)

    def idle(self, name: str) -> None:
        self._turned = time.monotonic()
        self._working.pop(name, None)

    def stalled(self, limit_seconds: float) -> str | None:
        """Why this process should end, or None."""
        now = time.monotonic()
        if now - self._turned > limit_seconds:
            return "the event loop has not turned"
        late = [name for name, since in list(self._working.items()) if now - since > limit_seconds]
        return f"no progress of {late}" if late else None


class Stall:
    """A consumer that is behind and does not move, while its servers answer: the silent fault of long-lived consumers."""

    def __init__(self, limit_seconds: float = 60.0) -> None:
        self._limit = limit_seconds
        self._stands: dict[object, tuple[int, float]] = {}

    def look(self, behind: Mapping[object, int]) -> bool:
        """`behind`: positions of the partitions that have more. True when one of them has stood still for too long; that
        they stand in turns, each waiting while another is drained, is no stall."""
        now = time.monotonic()
        before = self._stands
        self._stands = {
            partition: before[partition]
            if partition in before and before[partition][0] == position
            else (position, now)
            for partition, position in behind.items()
        }
        return any(now - since > self._limit for _, since in self._stands.values())


def watch(progress: Progress, limit_seconds: float = 60.0) -> threading.Thread:
    def look() -> None:
        while True:
            # Its own thread's pace: there is nothing to wait for, what it looks for is that nothing happens.
            time.sleep(min(1.0, limit_seconds / 4))
            if why := progress.stalled(limit_seconds):
                # Whoever reads our lines may be what everything waits for: no lock, and no waiting.
                with suppress(OSError):
                    os.set_blocking(1, False)
                    os.write(1, f'{{"event":"stalled","why":"{why}","level":"critical"}}\n'.encode())
                os._exit(STALLED_EXIT)

    thread = threading.Thread(target=look, name="watchdog", daemon=True)
    thread.start()
    return thread
