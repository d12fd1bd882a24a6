"""Errands: what a worker does beyond its database, such as telling a provider of messages something.

An errand is taken in one transaction, run outside any, and noted in another: whoever is asked may hang, and holds no
connection meanwhile. It may be run again when its process dies in between, so each has an id that whoever is asked can know
it by.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from platform_kit import telemetry
from platform_kit.acting import SYSTEM
from platform_kit.db import Tx
from platform_kit.kit import Kit
from platform_kit.rounds import in_rounds
from platform_kit.telemetry import log
from platform_kit.watchdog import Progress

AT_ONCE = 8
# The whole of one errand: whoever answers a byte at a time must not keep it longer.
RUN_SECONDS = 10.0
IDLE_SECONDS = 0.5
FAILURES_BEFORE_REST = 4
REST_SECONDS = 30.0


class NotDone(Exception):
    """An errand came to nothing: `reason` is a code and names nobody; `final` when it would come to nothing again.

    `away`: whoever is asked is in trouble, and would be with any other errand.
    """

    def __init__(self, reason: str, *, final: bool = False, away: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        self.away = away


@dataclass(frozen=True)
class ErrandKind:
    """`take(tx, kit, most)` brings errands that are due and puts each off by more than RUN_SECONDS; `client(kit)` opens
    what runs them: `await run(errand)` raises NotDone; `note(tx, errand, failure)` keeps how it went, None for well."""

    name: str
    take: Callable[[Tx, Kit, int], Awaitable[Sequence[Any]]]
    client: Callable[[Kit], AbstractAsyncContextManager[Callable[[Any], Awaitable[None]]]]
    note: Callable[[Tx, Any, NotDone | None], Awaitable[None]]


class Breaker:
    """After some failures in a row nobody is asked for a while, and then once: what waits meanwhile uses up no tries."""

    def __init__(self, failures: int = FAILURES_BEFORE_REST, rest_seconds: float = REST_SECONDS) -> None:
        self._failures, self._rest = failures, rest_seconds
        self._in_a_row = 0
        self._until = 0.0

    def allows(self, most: int) -> int:
        """How many may be run now."""
        if self._in_a_row < self._failures:
            return most
        return 0 if time.monotonic() < self._until else 1

    def note(self, *, away: bool) -> None:
        self._in_a_row = self._in_a_row + 1 if away else 0
        if self._in_a_row >= self._failures:
            self._until = time.monotonic() + self._rest


class Errands:
    """The loop of one kind in one worker. Two workers may run it: what one has taken the other does not find."""

    def __init__(
        self, kit: Kit, kind: ErrandKind, progress: Progress, breaker: Breaker | None = None
    ) -> None:
        self._kit, self._kind, self._progress = kit, kind, progress
        self._breaker = breaker or Breaker()
        self.name = f"{kit.service}.{kind.name}"

    async def run(self, stop: asyncio.Event) -> None:
        async with self._kind.client(self._kit) as run:

            async def once() -> bool:
                return await self.run_due(run) > 0

            await in_rounds(stop, once, rest_seconds=IDLE_SECONDS, who=self.name)

    async def run_due(self, run: Callable[[Any], Awaitable[None]]) -> int:
        """One handful of what is due, at once; how many."""
        most = self._breaker.allows(AT_ONCE)
        telemetry.ERRANDS_RESTING.labels(self._kit.service, self._kind.name).set(0 if most else 1)
        if not most:
            self._progress.idle(self.name)
            return 0
        self._progress.working(self.name)
        try:
            async with self._kit.db.transaction(SYSTEM) as tx:
                errands = await self._kind.take(tx, self._kit, most)
            # All of them end before a fault of one is told: none is left running behind the loop's back.
            ended = await asyncio.gather(*(self._one(run, each) for each in errands), return_exceptions=True)
            for fault in ended:
                if isinstance(fault, BaseException):
                    raise fault
        finally:
            self._progress.idle(self.name)
        return len(errands)

    async def _one(self, run: Callable[[Any], Awaitable[None]], errand: Any) -> None:
        failure: NotDone | None = None
        try:
            async with asyncio.timeout(RUN_SECONDS):
                await run(errand)
        except NotDone as told:
            failure = told
        except TimeoutError:
            failure = NotDone("no answer in time", away=True)
        except Exception as error:
            log.error("errand failed", kind=self._kind.name, error=type(error).__name__)
            failure = NotDone(type(error).__name__)
        self._breaker.note(away=failure is not None and failure.away)
        outcome = "done" if failure is None else "refused" if failure.final else "failed"
        telemetry.ERRANDS.labels(self._kit.service, self._kind.name, outcome).inc()
        async with self._kit.db.transaction(SYSTEM) as tx:
            await self._kind.note(tx, errand, failure)
