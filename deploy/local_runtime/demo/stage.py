"""What the scenes of the story share: who is signed in, what was made, what is told at the end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from local_runtime.demo.client import Client
from platform_kit.money import Money

T = TypeVar("T")
AT_ONCE = 6


def yuan(money: dict[str, Any]) -> str:
    """An amount of the API as people write it."""
    return str(Money(money["amount"], money["currency"]))


class Rate(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.0f}/s")


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the table at the end."""

    scene: str
    what: str
    seconds: float


@dataclass
class Stage:
    """`began` is when this house's first demo began: what a second run sends is the same as the first sent."""

    http: httpx.AsyncClient
    console: Console
    run: str
    began: datetime
    households: int
    reports: int
    advance: Callable[[int], Awaitable[object]]
    outgoing: Path
    clients: dict[str, Client] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    applicants: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    @contextmanager
    def scene(self, name: str) -> "Iterator[Callable[[str], None]]":
        """Times a scene; what it says last is its line in the table."""
        started, said = time.monotonic(), ["done"]
        yield said.append
        self.told.append(Told(name, said[-1], time.monotonic() - started))
        self.console.print(f"  {name}: {said[-1]} ({self.told[-1].seconds:.1f} s)")

    async def each(self, what: str, items: Sequence[T], do: Callable[[int, T], Awaitable[Any]]) -> list[Any]:
        """`do` for every item, a few at once, with a bar; the results in order."""
        slots = asyncio.Semaphore(AT_ONCE)
        columns = (TextColumn("    {task.description}"), BarColumn(), MofNCompleteColumn(), Rate(),
                   TimeElapsedColumn())  # fmt: skip
        with Progress(*columns, console=self.console, transient=True) as progress:
            bar = progress.add_task(what, total=len(items))

            async def one(place: int, item: T) -> Any:
                async with slots:
                    result = await do(place, item)
                progress.advance(bar)
                return result

            return await asyncio.gather(*(one(place, item) for place, item in enumerate(items)))
