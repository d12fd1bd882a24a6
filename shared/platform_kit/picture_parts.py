"""What a picture's file is made of, by walking its parts: a decoder is given those that pixels come of.

All else costs time and memory by itself: a text that unpacks to a thousand times its size, a second picture, a directory
with a million values. And a JPEG may be told in any number of scans, each a walk over all its pixels for ten bytes.
"""

import re
from collections.abc import Iterator

from platform_kit.problems import Refusal, Text

# Encoders make ten, of four colours eighteen.
MOST_SCANS = 32
# What one segment of a JPEG can hold, and so what cameras write.
LARGEST_EXIF = 65_535

# Neither stuffed bytes, nor where a decoder may begin again, nor what no decoder knows: none of them has a length.
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_BEGIN, _END, _SCAN, _EXIF = 0xD8, 0xD9, 0xDA, 0xE1
# Comments and everybody's own segments, but for those two that tell of the colours.
_BESIDE = {*range(0xE1, 0xEE), 0xEF, 0xFE}
_PNG = b"\x89PNG\r\n\x1a\n"
_DRAWN = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf"}


class TooManyScans(Refusal):
    status = 422
    says = Text(
        "The picture is stored in more than {limit} scans; please save it as an ordinary JPEG and send that.",
        "图片的扫描层数超过 {limit},请另存为普通 JPEG 图片后再上传。",
    )


def bared(file: bytes) -> bytes:
    """The same picture with its Exif, of an animation what it is without moving. TooManyScans. Whatever it is not sure of stays."""
    if file.startswith(b"\xff\xd8\xff"):
        return _bared_jpeg(file)
    return _bared_png(file) if file.startswith(_PNG) else file


def _bared_jpeg(file: bytes) -> bytes:
    head, scans, first, exif = bytearray(file[:2]), 0, len(file), False
    for kind, start, end in _segments(file):
        if kind == _SCAN:
            scans, first = scans + 1, min(first, start)
            if scans > MOST_SCANS:
                raise TooManyScans(limit=MOST_SCANS)
        elif scans:
            # From the first scan on it stays as it is, to the picture's end: left out, a segment would join what it parts.
            if kind == _END:
                return bytes(head) + file[first:end]
        elif kind == _EXIF and not exif and file.startswith(b"Exif\0\0", start + 4):
            head, exif = head + file[start:end], True
        elif kind not in _BESIDE:
            head += file[start:end]
    return bytes(head) + file[first:]


def _segments(jpeg: bytes) -> Iterator[tuple[int, int, int]]:
    """The marker of each, where it begins and ends. Found as decoders find them: what lies between is passed over."""
    at = 2
    while found := _MARKER.search(jpeg, at):
        kind, at = found[0][1], found.end()
        if kind not in (_BEGIN, _END):
            at += max(2, int.from_bytes(jpeg[at : at + 2]))
        yield kind, found.start(), at


def _bared_png(file: bytes) -> bytes:
    kept, at = bytearray(_PNG), len(_PNG)
    while at < len(file):
        # A length, a kind, so many bytes, a checksum.
        end = at + 12 + int.from_bytes(file[at : at + 4])
        if file[at + 4 : at + 8] in _DRAWN:
            kept += file[at:end]
        at = end
    return bytes(kept)
