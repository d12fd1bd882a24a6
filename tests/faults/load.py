"""The seeded load: people who ask, accept, book and pay, through the gateway, all the while; each call under its own key.

A caller here does what an app does: no answer, a 5xx, 429 or "in progress" leaves the outcome unknown, and the same call
is made again under the same key until it is known. A 500 is nobody's outage but a fault of ours, whatever was broken: it
fails the scenario.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

UNKNOWN = frozenset({429, 502, 503, 504})


class GivenUp(Exception):
    """The load ends while this call has no known outcome; it is replayed afterwards."""


class Refused(Exception):
    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status} {body[:300]!r}")
        self.status = status


@dataclass
class Attempt:
    """One intent: its call, and what became of it. `event` is the type that it publishes `times` times when it succeeds.

    `status` is its outcome, None until it is known; `last` the status of the last answer, None when there was none.
    """

    key: str
    kind: str
    event: str
    token: str
    path: str
    body: Any
    times: int = 1
    correlation: str = ""
    status: int | None = None
    last: int | None = None
    answer: bytes = b""
    tries: int = 0

    @property
    def content(self) -> bytes:
        """The body as it is sent: a repeat must be the same, byte for byte."""
        return b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()

    @property
    def acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass
class Load:
    """`attempts` holds every intent since the house stands; `turned_away` those of an overload, which nobody repeats."""

    name: str
    base: str
    seed: int
    prefix: str = "/api/v1"
    attempts: dict[str, Attempt] = field(default_factory=dict)
    turned_away: dict[str, Attempt] = field(default_factory=dict)
    unknown_seen: int = 0
    _flows: list[asyncio.Task[None]] = field(default_factory=list)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _http: httpx.AsyncClient | None = None
    _count: int = 0
    _answers_from: int = 0
    broken: list[str] = field(default_factory=list)

    async def open(self) -> None:
        self._http = httpx.AsyncClient(
            base_url=self.base, timeout=httpx.Timeout(20, pool=60), trust_env=False,
            limits=httpx.Limits(max_connections=120),
        )  # fmt: skip

    async def close(self) -> None:
        assert self._http is not None
        await self._http.aclose()

    async def get(self, path: str, token: str) -> Any:
        """A question, asked until it is answered."""
        assert self._http is not None
        while True:
            try:
                answer = await self._http.get(
                    self.prefix + path, headers={"Authorization": f"Bearer {token}"}
                )
                if answer.is_success:
                    return answer.json()
                if answer.status_code not in UNKNOWN:
                    raise Refused(answer.status_code, answer.content)
            except httpx.TransportError:
                pass
            await self._rest()

    async def call(
        self, kind: str, event: str, token: str, path: str, body: Any = None, *, times: int = 1
    ) -> Any:
        """One intent until its outcome is known. Refused: a 4xx. GivenUp: the load stops before it is known."""
        self._count += 1
        key = f"{self.name}-{self.seed}-{self._count}"
        attempt = self.attempts[key] = Attempt(key, kind, event, token, path, body, times)
        await self.settle(attempt)
        if not attempt.acknowledged:
            raise Refused(attempt.status or 0, attempt.answer)
        return json.loads(attempt.answer)

    async def settle(self, attempt: Attempt) -> None:
        """Make the call until its outcome is known, or the load stops."""
        while True:
            await self._try(attempt)
            if attempt.status is not None:
                break
            self.unknown_seen += 1
            await self._rest()

    async def _try(self, attempt: Attempt) -> None:
        assert self._http is not None
        attempt.tries, attempt.last = attempt.tries + 1, None
        headers = {
            "Authorization": f"Bearer {attempt.token}",
            "Idempotency-Key": attempt.key,
            "Content-Type": "application/json",
            "X-Correlation-Id": attempt.correlation or attempt.key,
        }
        try:
            answer = await self._http.post(
                self.prefix + attempt.path, headers=headers, content=attempt.content
            )
        except httpx.TransportError:
            return
        attempt.last = answer.status_code
        in_progress = answer.status_code == 409 and b"/problems/in-progress" in answer.content
        if answer.status_code == 500:
            self.broken.append(f"{attempt.kind} {attempt.key}: 500 {answer.content[:300]!r}")
        if answer.status_code in (*UNKNOWN, 500) or in_progress:
            return
        attempt.status, attempt.answer = answer.status_code, answer.content

    async def _rest(self) -> None:
        if self._stop.is_set():
            raise GivenUp
        await asyncio.sleep(0.2)

    def start(self, flows: list[Callable[[random.Random], Awaitable[None]]], at_once: int) -> None:
        """Each of `at_once` people goes through random flows, one after the other, until `stop`."""
        self._stop = asyncio.Event()
        self._flows = [
            asyncio.create_task(self._person(random.Random(f"{self.seed}/{self._count}/{n}"), flows))
            for n in range(at_once)
        ]

    async def _person(
        self, dice: random.Random, flows: list[Callable[[random.Random], Awaitable[None]]]
    ) -> None:
        while not self._stop.is_set():
            try:
                await dice.choice(flows)(dice)
            except GivenUp:
                return
            except (Refused, AssertionError) as error:
                self.broken.append(repr(error))
            await asyncio.sleep(dice.uniform(0.05, 0.4))

    async def stop(self) -> None:
        """No new intents; what is under way may finish, or is given up unknown."""
        self._stop.set()
        await asyncio.gather(*self._flows)
        self._flows = []

    async def replay_unknown(self, patience: float = 60.0) -> int:
        """Every call without a known outcome is made again under its key until it has one; how many there were."""
        unknown = [attempt for attempt in self.attempts.values() if attempt.status is None]
        deadline = time.monotonic() + patience
        slots = asyncio.Semaphore(16)

        async def replay(attempt: Attempt) -> None:
            async with slots:
                while attempt.status is None:
                    await self._try(attempt)
                    if attempt.status is None:
                        if time.monotonic() > deadline:
                            raise TimeoutError(
                                f"{attempt.kind} {attempt.key} has no outcome after {patience} s"
                            )
                        await asyncio.sleep(0.2)

        await asyncio.gather(*(replay(attempt) for attempt in unknown))
        return len(unknown)

    def answers_may_be_gone(self) -> None:
        """Stored answers of what was called until now are removed: a repeat would be a new call."""
        self._answers_from = len(self.attempts)

    async def repeat(self, dice: random.Random, count: int) -> list[str]:
        """Acknowledged calls made again: whose answer is not the same, byte for byte."""
        since = list(self.attempts.values())[self._answers_from :]
        known = [attempt for attempt in since if attempt.acknowledged and attempt.answer]
        differ = []
        for attempt in dice.sample(known, min(count, len(known))):
            again = Attempt(
                attempt.key, attempt.kind, attempt.event, attempt.token, attempt.path, attempt.body
            )
            while again.status is None:
                await self._try(again)
            if (again.status, again.answer) != (attempt.status, attempt.answer):
                differ.append(
                    f"{attempt.kind} {attempt.key}: {attempt.status}, then {again.status} {again.answer[:200]!r}"
                )
        return differ
