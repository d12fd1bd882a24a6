"""What became of each line of a city's file, as a CSV beside it. It is also how far an import had come when it was cut off."""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

COLUMNS = ("line", "outcome", "case_number", "errors", "mapping")
_AT_ONCE = 10_000
_PIECE = 65_536  # bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """`outcome` is imported, already_there, ended or refused; `errors` name what is wrong, "field: reason". `mapping` is the version
    of the source by which the line was read."""

    line: int
    outcome: str
    case_number: str = ""
    errors: tuple[str, ...] = ()
    mapping: int = 0


class Report:
    """Written in the order of the lines, a batch at a time: what stands there has been taken in, whatever happens next. What is tried
    again is written behind the others first, and stands in its place once the import has ended."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self) -> int:
        """The last line that is told of, 1 (the header) where there is none yet. A line that was cut off is taken away."""
        self.path.touch()
        whole = _whole_lines(self.path)
        with self.path.open("r+b") as file:
            file.truncate(whole)
        if whole:
            self.settle()
        else:
            _append(self.path, _head())
        return max((outcome.line for outcome in self.outcomes()), default=1)

    def add(self, outcomes: Sequence[Outcome], mapping: int = 0) -> None:
        _append(self.path, _written(_row(replace(each, mapping=mapping)) for each in outcomes))

    def refused_before(self, mapping: int) -> set[int]:
        """Lines that an older version of the source refused."""
        return {each.line for each in self.outcomes() if each.outcome == "refused" and each.mapping < mapping}

    def settle(self) -> None:
        """Of a line that was tried again only what came of it last is told, in its place."""
        again, last = dict[int, Outcome](), 0
        for outcome in self.outcomes():
            if outcome.line <= last:
                again[outcome.line] = outcome
            last = max(last, outcome.line)
        if again or self._head() != list(COLUMNS):
            self._write_anew(again)

    def outcomes(self) -> Iterator[Outcome]:
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                errors = tuple(row["errors"].split("; ")) if row["errors"] else ()
                # A report from before versions were told of has none.
                mapping = int(row.get("mapping") or 0)
                yield Outcome(int(row["line"]), row["outcome"], row["case_number"], errors, mapping)

    def counts(self) -> Counter[str]:
        return Counter(outcome.outcome for outcome in self.outcomes())

    def faults(self) -> Counter[str]:
        return Counter(error for outcome in self.outcomes() for error in outcome.errors)

    def _head(self) -> list[str]:
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])

    def _write_anew(self, again: dict[int, Outcome]) -> None:
        beside, last = self.path.with_name(f"{self.path.name}.new"), 0
        beside.write_bytes(b"")
        _append(beside, _head())
        kept = self.outcomes()
        while piece := list(islice(kept, _AT_ONCE)):
            rows = []
            for outcome in piece:
                if outcome.line > last:
                    last = outcome.line
                    rows.append(_row(again.get(last, outcome)))
            _append(beside, _written(rows))
        beside.replace(self.path)


def _whole_lines(path: Path) -> int:
    """How many bytes they take, looked for from the end: a report may be as long as its city's file."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(end - _PIECE, 0)
            file.seek(start)
            if (found := file.read(end - start).rfind(b"\n")) >= 0:
                return start + found + 1
            end = start
    return 0


def _head() -> str:
    """With its mark: Excel reads the reasons as what they are."""
    return "\ufeff" + _written([COLUMNS])


def _row(outcome: Outcome) -> tuple[object, ...]:
    return outcome.line, outcome.outcome, outcome.case_number, "; ".join(outcome.errors), outcome.mapping


def _append(path: Path, text: str) -> None:
    with path.open("ab") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _written(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
