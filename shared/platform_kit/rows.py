"""From a database record to a frozen dataclass, by field names."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import asyncpg

from platform_kit.money import Money

T = TypeVar("T")


def load(cls: type[T], record: Mapping[str, Any] | asyncpg.Record | None) -> T | None:
    """`record` as a `cls`: enums by value, `Money` from ``<name>_minor`` and ``currency``, lists as tuples; None stays None."""
    if record is None:
        return None
    return cls(**{name: _value(record, name, hint) for name, hint in _hints(cls)})  # type: ignore[arg-type]


@cache
def _hints(cls: type[Any]) -> tuple[tuple[str, type[Any]], ...]:
    if not is_dataclass(cls):
        raise TypeError(f"{cls.__qualname__} is not a dataclass")
    hints = get_type_hints(cls)
    return tuple((field.name, _bare(hints[field.name])) for field in fields(cls) if field.init)


def _bare(hint: Any) -> type[Any]:
    """The type inside Optional; the origin of a generic."""
    if get_origin(hint) in (Union, UnionType):
        [hint] = [part for part in get_args(hint) if part is not type(None)]
    return cast("type[Any]", get_origin(hint) or hint)


def _value(record: Mapping[str, Any] | asyncpg.Record, name: str, hint: type[Any]) -> Any:
    if hint is Money:
        amount = record[f"{name}_minor"]
        return None if amount is None else Money(amount, record["currency"])
    value = record[name]
    if value is None:
        return None
    if isinstance(hint, type) and issubclass(hint, Enum | tuple | frozenset):
        return hint(value)
    return value
