"""What became of each line of a city's file, as a CSV beside it. It is also how far an import had come when it was cut off."""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("line", "outcome", "case_number", "errors")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`outcome` is imported, already_there or refused; `errors` name what is wrong, "field: reason"."""

    line: int
    outcome: str
    case_number: str = ""
    errors: tuple[str, ...] = ()


class Report:
    """Written in the order of the lines, a batch at a time: what stands there has been taken in, whatever happens next."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self) -> int:
        """The last line that is told of, 1 (the header) where there is none yet. A line that was cut off is taken away."""
        self.path.touch()
        whole = self.path.read_bytes().rpartition(b"\n")[0]
        with self.path.open("r+b") as file:
            file.truncate(len(whole) + 1 if whole else 0)
        if not whole:
            # With its mark: Excel reads the reasons as what they are.
            self._append("\ufeff" + _written([COLUMNS]))
        return max((outcome.line for outcome in self.outcomes()), default=1)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        self._append(
            _written(
                [(each.line, each.outcome, each.case_number, "; ".join(each.errors)) for each in outcomes]
            )
        )

    def outcomes(self) -> Iterator[Outcome]:
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                errors = tuple(row["errors"].split("; ")) if row["errors"] else ()
                yield Outcome(int(row["line"]), row["outcome"], row["case_number"], errors)

    def counts(self) -> Counter[str]:
        return Counter(outcome.outcome for outcome in self.outcomes())

    def faults(self) -> Counter[str]:
        return Counter(error for outcome in self.outcomes() for error in outcome.errors)

    def _append(self, text: str) -> None:
        with self.path.open("ab") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())


def _written(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
