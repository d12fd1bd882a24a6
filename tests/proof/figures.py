"""A figure that a test measured: told by the test, printed and kept by `make prove`.

A test takes the fixture `figure` and calls it once for each: it is written down first and judged then, so that one that
is missed is told with its value.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

# The file that `make prove` reads afterwards; without it a test runs in its short form and only asserts.
FIGURES = "LINLI_FIGURES"


@dataclass(frozen=True)
class Figure:
    """`bar` in words that a person reads beside the value: "0", ">= 0.5", "every one"."""

    name: str
    value: str
    bar: str
    met: bool

    def line(self) -> str:
        return f"{self.name}: {self.value} ({self.bar}){'' if self.met else '  MISSED'}"


Tell = Callable[..., None]


def proving() -> bool:
    """Whether the long forms are wanted, of tests that have a short one."""
    return FIGURES in os.environ


def keep(figure: Figure) -> None:
    """For `make prove`, when it is what runs."""
    if proving():
        with Path(os.environ[FIGURES]).open("a") as file:
            file.write(json.dumps(asdict(figure)) + "\n")


@pytest.fixture
def figure() -> Tell:
    def tell(name: str, value: Any, bar: str, *, met: bool) -> None:
        told = Figure(name, str(value), bar, met)
        keep(told)
        assert met, told.line()

    return tell
