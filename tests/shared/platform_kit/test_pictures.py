"""What comes out of an upload is a picture and nothing else, whatever came in."""

import asyncio
import struct
import threading
import time
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from platform_kit import pictures
from platform_kit.picture_parts import LARGEST_EXIF, MOST_SCANS, TooManyScans
from platform_kit.pictures import (
    LONGEST_SIDE,
    MOST_PIXELS,
    NotAPicture,
    PictureTooLarge,
    PictureUnreadable,
    display_name,
    drawn_anew,
)
from platform_kit.problem_answers import refused
from platform_kit.problems import Overloaded

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


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says how large it is, and would be."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + _chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8000, 30_000, 2**31 - 1])
async def test_a_bomb_is_refused_by_what_it_says_of_itself(side: int) -> None:
    assert side * side > MOST_PIXELS
    began = time.monotonic()
    with pytest.raises(PictureTooLarge):
        await drawn_anew(_bomb(side, side))
    assert time.monotonic() - began < 1


def _scanned(scans: int, comment: bytes = b"") -> bytes:
    """A progressive JPEG whose last scan comes again until there are so many."""
    file = _file("JPEG", progressive=True, comment=comment)
    last, own = file.rindex(b"\xff\xda"), 10
    return file[:last] + file[last:-2] * (scans - own + 1) + file[-2:]


async def test_a_jpeg_may_have_more_scans_than_encoders_make_but_not_any_number() -> None:
    """Each costs a walk over all pixels, and ten bytes: hours in a file of 8 MiB."""
    assert (await drawn_anew(_scanned(MOST_SCANS))).width == 40
    with pytest.raises(TooManyScans) as too_many:
        await drawn_anew(_scanned(MOST_SCANS + 1))
    assert str(MOST_SCANS) in too_many.value.detail("zh")


@pytest.mark.parametrize(
    "hidden",
    [
        lambda file: b"\xff\xd8\xff\xd9" + file,
        lambda file: file[:2] + b"\xff\xff\xff\0\xff\x05" + file[2:],
        lambda file: file.replace(b"\xff\xda", b"\xff\xfe\0\2\xff\xda"),
        lambda file: file.replace(b"\xff\xda", b"\xff\xff\xfe\0\2\xda\xff\xd3\xff\xda"),
        lambda file: file[:-2],
    ],
    ids=["behind another's end", "behind rubbish", "behind comments", "in pieces", "without an end"],
)
async def test_scans_are_counted_wherever_a_decoder_finds_them(hidden: Any) -> None:
    with pytest.raises(TooManyScans):
        await drawn_anew(hidden(_scanned(MOST_SCANS + 1)))


async def test_what_looks_like_scans_where_no_decoder_looks_does_not_count() -> None:
    many = b"\xff\xda\0\2" * (MOST_SCANS + 1)
    assert (await drawn_anew(_scanned(10, comment=many))).width == 40
    assert (await drawn_anew(_file("JPEG") + many)).width == 40


@pytest.mark.parametrize(
    "chunk",
    [b"iCCPx\0\0", b"zTXtx\0\0", b"iTXtx\0\1\0\0\0"],
    ids=lambda chunk: chunk[:4].decode(),
)
async def test_what_is_no_pixel_of_it_is_not_unpacked(chunk: bytes) -> None:
    """Pillow unpacks up to 1 MiB of each, and gives up the picture beyond that: thousands of a kilobyte cost a quarter of a minute."""
    file, packed = _file("PNG"), zlib.compress(b"\0" * 2**21)
    bomb = _chunk(chunk[:4], chunk[4:] + packed)
    assert (await drawn_anew(file[:33] + bomb + file[33:])).width == 40
    assert (await drawn_anew(file[:-12] + bomb + file[-12:])).width == 40


_LIES_ON_ITS_SIDE = b"\x01\0" + struct.pack("<HHLHH", 0x0112, 3, 1, 6, 0) + b"\0" * 4


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
@pytest.mark.parametrize(("size", "shown"), [(LARGEST_EXIF, (20, 40)), (LARGEST_EXIF + 7, (40, 20))])
async def test_an_exif_larger_than_cameras_write_is_not_read(
    form: str, size: int, shown: tuple[int, int]
) -> None:
    """To find out how it lies, Pillow unpacks every value: 8 MiB become 1.4 GB."""
    exif = (b"Exif\0\0II*\0\x08\0\0\0" + _LIES_ON_ITS_SIDE).ljust(size, b"\0")
    picture = await drawn_anew(_file(form, exif=exif))
    assert (picture.width, picture.height) == shown


async def test_nor_is_one_behind_the_pixels() -> None:
    file, exif = _file("PNG"), (b"II*\0\x08\0\0\0" + _LIES_ON_ITS_SIDE).ljust(LARGEST_EXIF + 1, b"\0")
    assert (await drawn_anew(file[:-12] + _chunk(b"eXIf", exif) + file[-12:])).width == 40
    assert (await drawn_anew(file[:-12] + _chunk(b"eXIf", exif[:100]) + file[-12:])).width == 20


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
async def test_an_exif_in_pieces_is_not_joined() -> None:
    """Each piece of a million would copy all before it."""
    file = _file("JPEG")
    pieces = [b"Exif\0\0II*\0\x08\0\0\0", b"Exif\0\0" + _LIES_ON_ITS_SIDE]
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(each) + 2) + each for each in pieces)
    assert (await drawn_anew(file[:2] + segments + file[2:])).width == 40


async def test_of_a_jpeg_with_a_second_picture_inside_the_first_is_taken() -> None:
    """As some phones write them, with a preview or how far things are away; Pillow calls the format MPO."""
    file = _file("MPO", save_all=True, append_images=[Image.new("RGB", (60, 60), "blue")])
    picture = await drawn_anew(file)
    with Image.open(BytesIO(picture.content)) as kept:
        assert (kept.format, picture.kind, kept.size) == ("JPEG", "image/jpeg", (40, 20))
        assert kept.getpixel((5, 5))[0] > 200


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


async def test_who_waits_too_long_for_their_turn_is_told_when_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "_one_by_one", asyncio.Semaphore(1))
    monkeypatch.setattr(pictures, "TURN_SECONDS", 0.05)
    drawing, done, draw = threading.Event(), threading.Event(), pictures._drawn_anew

    def slowly(file: bytes) -> pictures.Picture:
        drawing.set()
        done.wait(10)
        return draw(file)

    monkeypatch.setattr(pictures, "_drawn_anew", slowly)
    first = asyncio.create_task(drawn_anew(_file("PNG")))
    try:
        await asyncio.to_thread(drawing.wait, 10)
        async with asyncio.timeout(5):
            with pytest.raises(Overloaded) as away:
                await drawn_anew(_file("PNG"))
    finally:
        done.set()
    assert refused(away.value, "en").headers["Retry-After"]
    assert (await first).width == 40
    assert (await drawn_anew(_file("PNG"))).width == 40


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
