"""What a scenario is, and how one is run: the load before, during and after its faults, then the checker."""

import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from faults.checker import Checker, Verdict
from faults.ground import Ground
from faults.load import Load
from faults.people import Town

AT_ONCE = 6


@dataclass
class Tally:
    """A fault counts as in flight only when its own note or measure says what it hit."""

    injected: int = 0
    in_flight: int = 0
    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def fault(self, *, in_flight: bool, what: str = "") -> None:
        self.injected += 1
        self.in_flight += in_flight
        if what:
            self.notes.append(what)

    def require(self, true: bool, otherwise: str) -> None:
        """What the scenario itself asserts, beside the checker."""
        if not true:
            self.failed.append(otherwise)


@dataclass
class Stage:
    """What every scenario gets. `short` is the form inside `make test`."""

    ground: Ground
    town: Town
    load: Load
    probe: Load
    checker: Checker
    dice: random.Random
    short: bool


@dataclass(frozen=True)
class Scenario:
    """`run` returns when its faults are over; what must then be true, the checker says.

    `ground` opens a house of its own, given how to speak and the tree, for what the common one cannot show.
    """

    name: str
    title: str
    run: Callable[[Stage, Tally], Awaitable[None]]
    in_short: bool = False
    ground: Callable[[Callable[[str], None], Path | None], AbstractContextManager[Ground]] | None = None


@dataclass
class Row:
    """One line of the table at the end."""

    scenario: Scenario
    tally: Tally
    verdict: Verdict = field(default_factory=Verdict)
    acknowledged: int = 0
    unknown: int = 0
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return self.verdict.clean and not self.tally.failed and self.tally.in_flight > 0


async def play(scenario: Scenario, stage: Stage) -> Row:
    """Run one scenario under the load and judge it."""
    started = time.monotonic()
    tally = Tally()
    before = _acknowledged(stage)
    stage.load.start(stage.town.flows, AT_ONCE)
    # Nobody of its own: but its callers wait again for answers that are lost, as they did before the last scenario ended.
    stage.probe.start([], 0)
    try:
        await scenario.run(stage, tally)
    except Exception as error:
        # Whatever breaks a scenario fails it; the table still shows the others.
        tally.failed.append(f"{type(error).__name__}: {error}")
    unknown = 0
    try:
        await stage.load.stop()
        await stage.probe.stop()
        unknown = await stage.load.replay_unknown() + await stage.probe.replay_unknown()
        differ = await stage.load.repeat(stage.dice, 20)
    except TimeoutError as error:
        differ = [str(error)]
    verdict = await stage.checker.judge()
    for each in differ:
        verdict.add("other", 1, f"another answer to the same call: {each}")
    return Row(scenario, tally, verdict, _acknowledged(stage) - before, unknown, time.monotonic() - started)


def _acknowledged(stage: Stage) -> int:
    return sum(
        attempt.acknowledged for load in (stage.load, stage.probe) for attempt in load.attempts.values()
    )
