"""Pictures that people send: what they are is read from the bytes, and what is kept is drawn anew.

A picture drawn anew holds its pixels and nothing else: no place where it was taken, no thumbnail, no second file behind it.
"""

import asyncio
import re
import unicodedata
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from platform_kit.larger_bodies import larger_body
from platform_kit.picture_parts import LARGEST_EXIF, bared
from platform_kit.problems import Overloaded, Refusal, Text

LARGEST_FILE = 8 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2560
KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
_LONGEST_NAME = 100
# A few of the largest are drawn in that time. Whoever waits keeps a body in memory, and mostly a place of the few for larger ones.
TURN_SECONDS = 10
# Decoded, one may take half a gigabyte for a moment.
_one_by_one = asyncio.Semaphore(1)

# For a route's `openapi_extra`: the body is the file itself.
PICTURE_BODY: dict[str, Any] = larger_body(LARGEST_FILE) | {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _ENDINGS},
    }
}
# For the `responses` of a route that gives one.
PICTURE_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": PICTURE_BODY["requestBody"]["content"]}}


class NotAPicture(Refusal):
    status = 415
    says = Text("Send a JPEG, PNG or WebP picture.", "请上传 JPEG、PNG 或 WebP 图片。")


class PictureTooLarge(Refusal):
    status = 413
    says = Text(
        "The picture has more than {limit} pixels; please send a smaller one.",
        "图片超过 {limit} 像素,请上传较小的图片。",
    )


class PictureUnreadable(Refusal):
    status = 422
    says = Text("The picture is damaged; please send it again.", "图片已损坏,请重新上传。")


@dataclass(frozen=True, slots=True)
class Picture:
    """`kind` is a media type, `content` the file drawn anew, upright, its longest side at most LONGEST_SIDE pixels."""

    kind: str
    content: bytes
    width: int
    height: int


async def drawn_anew(file: bytes) -> Picture:
    """Off the event loop, one at a time. NotAPicture, PictureTooLarge, PictureUnreadable, TooManyScans; Overloaded when others take too long."""
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await _one_by_one.acquire()
    except TimeoutError as error:
        raise Overloaded(retry_after=TURN_SECONDS) from error
    try:
        return await asyncio.to_thread(_drawn_anew, file)
    finally:
        _one_by_one.release()


def _drawn_anew(file: bytes) -> Picture:
    try:
        with Image.open(BytesIO(bared(file)), formats=tuple(KINDS)) as found:
            if found.width * found.height > MOST_PIXELS:
                # Told by the first bytes, before a pixel is decoded: a bomb is small until then.
                raise PictureTooLarge(limit=MOST_PIXELS)
            return _encoded(found, found.format or "")
    except Image.DecompressionBombError as error:
        raise PictureTooLarge(limit=MOST_PIXELS) from error
    except UnidentifiedImageError as error:
        raise NotAPicture from error
    except Refusal:
        raise
    except Exception as error:
        # A decoder raises nearly anything over bytes that somebody has made up.
        raise PictureUnreadable from error


def _encoded(found: Image.Image, form: str) -> Picture:
    if form == "JPEG":
        # Lets the decoder skip what would be thrown away.
        found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    found.load()
    if len(found.info.get("exif", b"")) > LARGEST_EXIF:
        # To read its one number every value in it would be unpacked, to two hundred times its size.
        del found.info["exif"]
    # Smaller first: what turns it upright copies it.
    found.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(found)
    pixels = upright.convert("RGBA" if form != "JPEG" and upright.has_transparency_data else "RGB")
    # Whatever came along: colour profiles, comments, text, XMP.
    pixels.info = {}
    written = BytesIO()
    pixels.save(written, form, **({} if form == "PNG" else {"quality": 85}))
    return Picture(KINDS[form], written.getvalue(), pixels.width, pixels.height)


def display_name(name: str, kind: str) -> str:
    """What somebody called the file, for showing only: the last part of a path, printable, with the ending of what it is."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(c for c in last if unicodedata.category(c)[0] not in "CZ" or c == " ").strip(" .")
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", plain).strip(" .")[:_LONGEST_NAME]
    return (stem or "picture") + _ENDINGS[kind]
