"""What came of asking, and how a test run tells it."""

from dataclasses import dataclass, field
from typing import Any

PROPERTY = "access"


@dataclass
class Judged:
    """`denied`: refused cells on whose object a permitted twin then succeeded. `faults` name operation, object, principal."""

    cells: int = 0
    denied: int = 0
    leaks: int = 0
    faults: list[str] = field(default_factory=list)

    def __add__(self, other: "Judged") -> "Judged":
        return Judged(
            self.cells + other.cells,
            self.denied + other.denied,
            self.leaks + other.leaks,
            [*self.faults, *other.faults],
        )

    def __str__(self) -> str:
        return f"access matrix: {self.cells} cells, {self.denied} denied with a permitted twin, {self.leaks} leaks"

    @property
    def figures(self) -> tuple[int, int, int]:
        return self.cells, self.denied, self.leaks


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for the whole run: the figures travel with each test's report, also from another worker."""
    counted = [
        Judged(*value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if counted:
        terminalreporter.write_line(str(sum(counted, Judged())))
