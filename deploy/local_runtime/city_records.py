"""A CSV's records, each with the lines that it spans. A quote that stands there by mistake costs the line that it stands in: what it
would have swallowed is read again."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# A record goes over no more lines, and holds no more characters in them: nobody takes in what is longer, and what is read again is
# bounded by it.
MOST_LINES, MOST_CHARACTERS = 200, 1024 * 1024
_SHAPE = "{there} columns instead of {wanted}"
_NO_END = "a quote without an end"
_MISPLACED = "a quote where none may be"
# Each field is quoted as a whole, with its own quotes doubled, or holds none.
_FIELD = r'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n]*+)'
_WELL_QUOTED = re.compile(rf"{_FIELD}(?:,{_FIELD})*+(?:\r\n|\r|\n)?")


@dataclass(frozen=True, slots=True)
class Record:
    """`first` and `last` are lines as an editor counts them. With a fault it has no fields and one line."""

    first: int
    last: int
    fields: list[str]
    fault: str = ""


class _Lines:
    """Of a file, one after the other, those that were put back first; `taken` are those of one record."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self._characters = 0
        self.first = 1
        self.doubtful = False

    def begin(self) -> None:
        """A new record; `doubtful` when its first line was put back."""
        self.first += len(self.taken)
        self.taken, self._characters = [], 0
        self.doubtful = bool(self._again)

    def put_back(self) -> None:
        """All of the record but its first line."""
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) == MOST_LINES or self._characters > MOST_CHARACTERS:
            raise csv.Error(_NO_END)
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            if self.taken:
                raise csv.Error(_NO_END)
            raise StopIteration
        self.taken.append(line)
        self._characters += len(line)
        return line


def records(lines: Iterable[str]) -> Iterator[Record]:
    """Empty lines are none. All have as many fields as the first. What goes over several lines, or was put back, is taken only where
    it is quoted by the book: else a quote closes what another one opened by mistake, and the lines between are lost in a field."""
    source, width = _Lines(lines), 0
    reader = csv.reader(source)
    while True:
        source.begin()
        fault = ""
        try:
            fields = next(reader, None)
        except csv.Error as error:
            fields, fault = [], str(error)
        if fields is None:
            return
        width = width or len(fields)
        if not fault and (source.doubtful or len(source.taken) > 1) and not _well_quoted(source.taken):
            fault = _MISPLACED
        if not fault and fields and len(fields) != width:
            fault = _SHAPE.format(there=len(fields), wanted=width)
        if fault:
            source.put_back()
            fields = []
        if fields or fault:
            yield Record(source.first, source.first + len(source.taken) - 1, fields, fault)


def _well_quoted(lines: list[str]) -> bool:
    return _WELL_QUOTED.fullmatch("".join(lines)) is not None
