"""From records to what the rules take; what is not there is 404."""

from collections.abc import Sequence
from typing import TypeVar

from asyncpg import Record

from platform_kit.problems import NotFound
from platform_kit.rows import load

T = TypeVar("T")


def found(value: T | None, what: str) -> T:
    if value is None:
        raise NotFound(what=what)
    return value


def loaded_all(cls: type[T], rows: Sequence[Record]) -> list[T]:
    return [thing for row in rows if (thing := load(cls, row))]
