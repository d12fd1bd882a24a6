"""From a database record to a frozen dataclass, by field names."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from operator import itemgetter
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import asyncpg

from platform_kit.money import Money

T = TypeVar("T")


def load(cls: type[T], record: Mapping[str, Any] | asyncpg.Record | None) -> T | None:
    """`record` as a `cls`: enums by value, `Money` from ``<name>_minor`` and ``currency``, lists as tuples; None stays None."""
    if record is None:
        return None
    return cls(*[read(record) for read in _readers(cast(Any, cls))])


@cache
def _readers(cls: type[Any]) -> tuple[Callable[[Any], Any], ...]:
    """How each field is read, in the order of the fields; decided once, as lists ask this for each field of each row."""
    if not is_dataclass(cls):
        raise TypeError(f"{cls.__qualname__} is not a dataclass")
    hints = get_type_hints(cls)
    return tuple(_reader(field.name, _bare(hints[field.name])) for field in fields(cls) if field.init)


def _bare(hint: Any) -> type[Any]:
    """The type inside Optional; the origin of a generic."""
    if get_origin(hint) in (Union, UnionType):
        [hint] = [part for part in get_args(hint) if part is not type(None)]
    return cast("type[Any]", get_origin(hint) or hint)


def _reader(name: str, hint: type[Any]) -> Callable[[Any], Any]:
    if hint is Money:
        return lambda record: _money(record[f"{name}_minor"], record)
    if isinstance(hint, type) and issubclass(hint, Enum | tuple | frozenset):
        return lambda record: None if (value := record[name]) is None else hint(value)
    return itemgetter(name)


def _money(amount: int | None, record: Any) -> Money | None:
    return None if amount is None else Money(amount, record["currency"])
