"""A city's file goes in by the public API, a batch at a time; cut off anywhere, the same command goes on where it was. What was
refused is tried again once the source is described otherwise."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from local_runtime.city_file import Line, lines
from local_runtime.city_report import Outcome, Report
from local_runtime.demo.client import Client

# What a call may hold: so many lines, and as many bytes as a body; some are left for what stands around the lines.
BATCH, MOST_COLUMNS = 200, 60
LARGEST_ROWS = 1024 * 1024 - 4096


def report_beside(file: Path, source: str) -> Report:
    """One for each content of the file: what was corrected is another file, and is read from its beginning."""
    return Report(file.with_name(f"{file.name}.{source}.{_content(file)}.report.csv"))


async def import_file(
    client: Client, file: Path, source: str, report: Report, told: Callable[[int], object]
) -> None:
    """`told` hears of each line up to which all is done. The version by which its words are read stands in the key, or the answer
    that is kept would be told again; and in the report."""
    mapping = int((await client.get(f"/import-sources/{source}"))["version"])
    intent = f"import/{source}/{_content(file)}/{mapping}"
    done, again = report.begin(), report.refused_before(mapping)
    found = lines(file, after=1 if again else done)
    for batch in _batches(each for each in found if each.number > done or each.number in again):
        report.add(await _taken(client, intent, source, batch), mapping)
        told(batch[-1].number)
    report.settle()


def _content(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A line as a call holds it; `size` in bytes of its JSON, 0 of what cannot be sent at all: `faults` say why."""

    line: Line
    faults: tuple[tuple[str, str], ...] = ()
    size: int = 0

    @property
    def number(self) -> int:
        return self.line.number

    @property
    def row(self) -> dict[str, Any]:
        return {"line": self.number, "values": self.line.values}


def _sent(line: Line) -> _Sent:
    sent = _Sent(line, line.faults)
    if sent.faults:
        return sent
    if len(line.values) > MOST_COLUMNS:
        return replace(sent, faults=(("", f"more than {MOST_COLUMNS} columns"),))
    size = len(json.dumps(sent.row, ensure_ascii=False).encode())
    if size > LARGEST_ROWS:
        return replace(sent, faults=(("", "larger than a call may be"),))
    return replace(sent, size=size)


def _batches(each: Iterable[Line]) -> Iterator[list[_Sent]]:
    batch, size = list[_Sent](), 0
    for sent in map(_sent, each):
        if len(batch) == BATCH or size + sent.size > LARGEST_ROWS:
            yield batch
            batch, size = [], 0
        batch.append(sent)
        size += sent.size
    if batch:
        yield batch


async def _taken(client: Client, intent: str, source: str, batch: list[_Sent]) -> list[Outcome]:
    """What came of each line. What had been taken in before the report could say so has the same number again."""
    outcomes = {
        sent.number: Outcome(sent.number, "refused", errors=tuple(f"{name or 'line'}: {reason}" for name, reason in sent.faults))
        for sent in batch if sent.faults
    }  # fmt: skip
    if rows := [sent.row for sent in batch if not sent.faults]:
        key = f"{intent}/{batch[0].number}-{batch[-1].number}"
        answer = await client.post("/requests/import", key, {"source": source, "rows": rows})
        for row in answer["rows"]:
            errors = tuple(f"{error['field']}: {error['reason']}" for error in row["errors"])
            outcomes[row["line"]] = Outcome(row["line"], row["outcome"], row["case_number"] or "", errors)
    return [_spanning(outcomes[sent.number], sent.line) for sent in batch]


def _spanning(outcome: Outcome, line: Line) -> Outcome:
    """What is refused with other lines in it names them: one of them may be where a quote was forgotten."""
    if outcome.outcome != "refused" or line.last == line.number:
        return outcome
    return replace(outcome, errors=(*outcome.errors, f"line: it goes on to line {line.last}"))
