"""What came of asking, and how a test run tells it: the tests of a page are many, and the figures are of all of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from proof.figures import Figure, keep

PROPERTY, ROWS = "access", "access rows"


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

    @property
    def figures(self) -> tuple[int, int, int]:
        return self.cells, self.denied, self.leaks

    def told(self) -> Iterator[Figure]:
        cells = f"{self.cells} cells, {self.denied} of them denied with a permitted twin"
        yield Figure("access matrix", cells, "every cell as the page says", met=not self.faults)
        yield Figure("access matrix: leaks", str(self.leaks), "0", met=self.leaks == 0)


@dataclass
class JudgedRows:
    """Of row-level security alone. `asked`: rows, each as often as somebody asked; `foreign`: seen by whom they do not concern."""

    asked: int = 0
    foreign: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def figures(self) -> tuple[int, int]:
        return self.asked, self.foreign

    def told(self) -> Iterator[Figure]:
        foreign = f"{self.foreign} foreign rows visible in {self.asked} looks"
        yield Figure("access by row-level security alone", foreign, "0", met=self.foreign == 0)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The figures travel with each test's report from the workers, who tell nothing themselves."""
    if hasattr(terminalreporter.config, "workerinput"):
        return
    matrix, rows = Judged(), JudgedRows()
    for report in [each for reports in terminalreporter.stats.values() for each in reports]:
        if getattr(report, "when", "") != "call":
            continue
        failed = [report.nodeid] if report.failed else []
        for name, value in report.user_properties:
            if name == PROPERTY:
                matrix += Judged(*value, faults=failed)
            elif name == ROWS:
                rows = JudgedRows(rows.asked + value[0], rows.foreign + value[1])
    for figure in (*(matrix.told() if matrix.cells else ()), *(rows.told() if rows.asked else ())):
        keep(figure)
        terminalreporter.write_line(figure.line())
