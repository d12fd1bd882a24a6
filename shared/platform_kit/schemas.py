"""Building blocks of request and answer bodies: bounded text without NUL, instants with a zone, closed bodies."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints


def _without_control_characters(text: str) -> str:
    if any(ord(character) < 32 and character not in "\n\t\r" for character in text):
        raise ValueError("control characters are not allowed")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ValueError("unpaired surrogates are not allowed")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError("one line only")
    return text


def _written(value: object) -> object:
    """A bare number would be taken for seconds or milliseconds, by its size: an instant is written out."""
    if isinstance(value, int | float):
        raise ValueError("write it as text, for example 2026-11-25T08:00:00+08:00")
    return value


def _within_reason(instant: datetime) -> datetime:
    """Years that any zone, calendar and database can hold."""
    if not 1900 <= instant.year <= 2199:
        raise ValueError("the year must be between 1900 and 2199")
    return instant


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("not a time zone") from error
    return name


Clean = AfterValidator(_without_control_characters)
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Clean,
    AfterValidator(_one_line),
]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), Clean]
Instant = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_within_reason)]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_zone)]


class Body(BaseModel):
    """What a caller sends: closed, so that a misspelt or forbidden field is named instead of ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class View(BaseModel):
    """What a caller gets."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
