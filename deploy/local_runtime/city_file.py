"""A city's CSV as it comes out of whatever program: read line by line, in the encoding that it turns out to have."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local_runtime.city_records import Record, records

_PIECE = 1024 * 1024
_UNREADABLE = "not Unicode text"


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is where it begins and `last` where it ends, as an editor shows it: the header is line 1. `faults` are (column, reason)
    of what cannot even be sent; what is wrong with the values themselves the service says."""

    number: int
    last: int
    values: dict[str, str]
    faults: tuple[tuple[str, str], ...] = ()


class HeaderUnread(ValueError):
    def __init__(self, fault: str) -> None:
        super().__init__(f"the header: {fault}")


def encoding_of(path: Path) -> str:
    """UTF-8 with or without its mark, UTF-16, or GB18030 (and so GBK, in which a Chinese Excel saves). Bytes that are none of these
    are the fault of their line: then it is read as UTF-8."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    # Of ASCII, which every city's header is, each second byte is zero in UTF-16.
    if head and (zeros := [head[first::2].count(0) / max(1, len(head) // 2) for first in (0, 1)]):
        if zeros[1] > 0.5 > zeros[0]:
            return "utf-16-le"
        if zeros[0] > 0.5 > zeros[1]:
            return "utf-16-be"
    return next((name for name in ("utf-8", "gb18030") if _is(path, name)), "utf-8")


def _is(path: Path, encoding: str) -> bool:
    decoder = getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def lines(path: Path, *, after: int = 1) -> Iterator[Line]:
    """Those that begin after line `after`, one at a time: a file of any size takes no more memory than its longest record. HeaderUnread
    when nobody can say what its columns are."""
    with path.open(encoding=encoding_of(path), errors="surrogateescape", newline="") as file:
        found = records(file)
        if (head := next(found, None)) is None:
            return
        if head.fault:
            raise HeaderUnread(head.fault)
        header = [name.strip() for name in head.fields]
        if not all(map(_is_text, header)):
            raise HeaderUnread(_UNREADABLE)
        for record in found:
            if record.first > after:
                yield _line(header, record)


def _line(header: list[str], record: Record) -> Line:
    if record.fault:
        return Line(record.first, record.last, {}, (("", record.fault),))
    values = dict(zip(header, record.fields, strict=True))
    unreadable = [name for name, value in values.items() if not _is_text(value)]
    return Line(record.first, record.last, values, tuple((name, _UNREADABLE) for name in unreadable))


def _is_text(value: str) -> bool:
    """Bytes that are none of the encoding's are halves of characters."""
    return not any("\ud800" <= each <= "\udfff" for each in value)
