"""What comes out of an upload is a picture and nothing else, whatever came in."""

import asyncio
import struct
import time
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from platform_kit.pictures import (
    LONGEST_SIDE,
    MOST_PIXELS,
    NotAPicture,
    PictureTooLarge,
    PictureUnreadable,
    display_name,
    drawn_anew,
)

WHERE, CAMERA, WORDS = b"31.2304N", "Phone of Anna", "taken at home"


def _file(form: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **more: Any) -> bytes:
    written = BytesIO()
    Image.new(mode, size, more.pop("colour", "red")).save(written, form, **more)
    return written.getvalue()


def _with_place(form: str, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = orientation, CAMERA
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (31.0, 13.0, 49.44)
    exif[0x010E] = WHERE.decode()
    more = {"comment": WORDS} if form == "JPEG" else {}
    return _file(form, exif=exif, **more)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_where_and_by_what_it_was_taken_is_gone(form: str) -> None:
    file = _with_place(form)
    assert WHERE in file, "else the test shows nothing"
    picture = await drawn_anew(file)
    for trace in (WHERE, CAMERA.encode(), WORDS.encode(), b"Exif", b"eXIf", b"EXIF", b"XMP"):
        assert trace not in picture.content
    with Image.open(BytesIO(picture.content)) as kept:
        assert not kept.getexif()
        assert (kept.format, picture.kind) == (form, f"image/{form.lower()}")
        assert kept.size == (picture.width, picture.height) == (40, 20)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_it_stands_upright_without_being_told(form: str) -> None:
    picture = await drawn_anew(_with_place(form, orientation=6))
    with Image.open(BytesIO(picture.content)) as kept:
        assert kept.size == (picture.width, picture.height) == (20, 40)


async def test_what_hangs_behind_a_picture_is_gone() -> None:
    behind = b"PK\x03\x04<script>alert(1)</script>"
    for form in ("JPEG", "PNG", "WEBP"):
        assert behind not in (await drawn_anew(_file(form) + behind)).content


async def test_a_large_picture_is_made_smaller() -> None:
    picture = await drawn_anew(_file("JPEG", (6000, 3000)))
    assert (picture.width, picture.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)


@pytest.mark.parametrize(
    ("form", "mode", "colour"),
    [("PNG", "RGBA", (255, 0, 0, 0)), ("PNG", "P", 3), ("PNG", "I;16", 3000), ("PNG", "1", 1), ("PNG", "LA", (9, 0)),
     ("JPEG", "CMYK", (1, 2, 3, 4)), ("JPEG", "L", 7), ("WEBP", "RGBA", (1, 2, 3, 4))],
)  # fmt: skip
async def test_every_kind_of_pixel_is_drawn(form: str, mode: str, colour: Any) -> None:
    picture = await drawn_anew(_file(form, mode=mode, colour=colour))
    with Image.open(BytesIO(picture.content)) as kept:
        kept.load()
        assert kept.mode in ("RGB", "RGBA")
        assert kept.mode == ("RGBA" if mode in ("RGBA", "LA") else "RGB")


@pytest.mark.parametrize(
    "file",
    [b"", b"\0", b"<html><script>alert(1)</script></html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7",
     b"%!PS-Adobe-3.0 EPSF-3.0", _file("GIF"), _file("BMP"), _file("TIFF"), b"MZ" + b"\0" * 500],
    ids=lambda file: str(file[:8]),
)  # fmt: skip
async def test_what_it_is_is_read_from_the_bytes(file: bytes) -> None:
    with pytest.raises(NotAPicture):
        await drawn_anew(file)


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says how large it is, and would be."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8000, 30_000, 2**31 - 1])
async def test_a_bomb_is_refused_by_what_it_says_of_itself(side: int) -> None:
    assert side * side > MOST_PIXELS
    began = time.monotonic()
    with pytest.raises(PictureTooLarge):
        await drawn_anew(_bomb(side, side))
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_half_a_picture_is_damaged(form: str) -> None:
    file = _with_place(form)
    with pytest.raises((PictureUnreadable, NotAPicture)):
        await drawn_anew(file[: len(file) * 3 // 4])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_any_byte_may_be_wrong(form: str) -> None:
    file = _with_place(form)
    for place in range(0, len(file), 7):
        broken = file[:place] + bytes([file[place] ^ 0xFF]) + file[place + 1 :]
        try:
            picture = await drawn_anew(broken)
        except (NotAPicture, PictureUnreadable, PictureTooLarge):
            continue
        assert WHERE not in picture.content


async def test_others_are_answered_meanwhile() -> None:
    """The event loop turns while a large picture is drawn."""
    file = _file("PNG", (6000, 6000))
    drawing = asyncio.create_task(drawn_anew(file))
    turns = 0
    while not drawing.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert turns > 3


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("门口.JPG", "门口.jpg"), ("../../etc/passwd", "passwd.jpg"), ("C:\\photos\\a.png", "a.jpg"), ("", "picture.jpg"),
        ("a\0b\r\nX: 1.jpg", "abX: 1.jpg"), ("\u202egpj.exe", "gpj.jpg"), ("...", "picture.jpg"), (".htaccess", "htaccess.jpg"),
        ("x" * 400, "x" * 100 + ".jpg"), ("report.final.webp", "report.final.jpg"), ("/", "picture.jpg"), ("a/", "picture.jpg"),
    ],
)  # fmt: skip
def test_a_name_is_for_showing_and_nothing_else(name: str, shown: str) -> None:
    assert display_name(name, "image/jpeg") == shown
