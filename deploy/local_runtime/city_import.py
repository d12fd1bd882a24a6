"""A city's file goes in by the public API, a batch at a time; cut off anywhere, the same command goes on where it was. What was
refused is tried again once the source is described otherwise."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from local_runtime.city_file import Line, lines
from local_runtime.city_report import Outcome, Report
from local_runtime.demo.client import Client

BATCH = 200


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
    wanted = (
        each for each in lines(file, after=1 if again else done) if each.number > done or each.number in again
    )
    for batch in _batches(wanted):
        report.add(await _taken(client, intent, source, batch), mapping)
        told(batch[-1].number)
    report.settle()


def _content(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:12]


def _batches(each: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(each, BATCH)):
        yield batch


async def _taken(client: Client, intent: str, source: str, batch: list[Line]) -> list[Outcome]:
    """What came of each line. What had been taken in before the report could say so has the same number again."""
    outcomes = {
        line.number: Outcome(line.number, "refused", errors=tuple(f"{name or 'line'}: {reason}" for name, reason in line.faults))
        for line in batch if line.faults
    }  # fmt: skip
    if rows := [{"line": line.number, "values": line.values} for line in batch if not line.faults]:
        key = f"{intent}/{batch[0].number}-{batch[-1].number}"
        answer = await client.post("/requests/import", key, {"source": source, "rows": rows})
        for row in answer["rows"]:
            errors = tuple(f"{error['field']}: {error['reason']}" for error in row["errors"])
            outcomes[row["line"]] = Outcome(row["line"], row["outcome"], row["case_number"] or "", errors)
    return [_spanning(outcomes[line.number], line) for line in batch]


def _spanning(outcome: Outcome, line: Line) -> Outcome:
    """What is refused with other lines in it names them: one of them may be where a quote was forgotten."""
    if outcome.outcome != "refused" or line.last == line.number:
        return outcome
    return replace(outcome, errors=(*outcome.errors, f"line: it goes on to line {line.last}"))
