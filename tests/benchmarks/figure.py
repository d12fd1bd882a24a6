"""What a benchmark says: a ratio to its baseline, and whether that is good enough."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """`ours` and `baseline` are medians in `unit`; `ratio` is good when at least (or at most) `bar`. No bar: told only."""

    name: str
    ours: float
    baseline: float
    unit: str
    bar: float | None
    aim: float | None
    at_least: bool = True
    ratio: float = 0.0
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        if self.bar is None:
            return True
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar


def compared(
    name: str,
    ours: list[float],
    baseline: list[float],
    unit: str,
    *,
    bar: float | None,
    aim: float | None,
    at_least: bool = True,
    detail: dict[str, Any] | None = None,
) -> Figure:
    """The median of the ratios of neighbouring rounds: what the machine does to one, it does to the other."""
    ratios = [mine / theirs for mine, theirs in zip(ours, baseline, strict=True)]
    samples = {"ours": ours, "baseline": baseline, "ratios": ratios}
    return Figure(
        name,
        median(ours),
        median(baseline),
        unit,
        bar,
        aim,
        at_least,
        median(ratios),
        {**samples, **(detail or {})},
    )
