"""Keyset pages: a worklist changes while it is read, so a page continues after a row, never after a count."""

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import BaseModel, ConfigDict

from platform_kit.db import Tx
from platform_kit.problems import InvalidInput, Text

V = TypeVar("V")
# The query of every list.
Limit: TypeAlias = Annotated[int, Query(ge=1, le=200)]
Cursor: TypeAlias = Annotated[str | None, Query(max_length=500)]


class Page(BaseModel, Generic[V]):
    """`next` is the cursor of the following page, None on the last."""

    model_config = ConfigDict(frozen=True)

    items: list[V]
    next: str | None = None


def encode_cursor(row: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(row), default=str)).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: Sequence[Callable[[str], Any]] = (UUID,)) -> tuple[Any, ...]:
    """The sort keys of the last row seen, each made by its kind; InvalidInput(field="cursor") when it is none of ours."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if len(values) != len(kinds):
            raise ValueError
        return tuple(kind(str(value)) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, TypeError) as error:
        reason = Text("This is not a cursor of this list.", "不是本列表的游标。")
        raise InvalidInput(field="cursor", reason=reason) from error


async def fetch_page(
    tx: Tx,
    sql: str,
    params: Sequence[Any],
    *,
    limit: int,
    cursor: str | None,
    key: str = "id",
    descending: bool = True,
) -> tuple[list[Any], str | None]:
    """Records of ``SELECT … WHERE …`` (`sql`, no ORDER BY), by a unique UUID column `key`; and the next cursor.

    Time-ordered ids make this newest first.
    """
    after = decode_cursor(cursor)[0] if cursor else None
    place = len(params) + 1
    comparison, order = ("<", "DESC") if descending else (">", "ASC")
    rows = await tx.fetch(
        f"SELECT * FROM ({sql}) page WHERE ${place}::uuid IS NULL OR {key} {comparison} ${place}"  # noqa: S608
        f" ORDER BY {key} {order} LIMIT ${place + 1}",
        *params,
        after,
        limit + 1,
    )
    return cut_page(rows, limit, key)


def cut_page(rows: Sequence[Any], limit: int, key: str = "id") -> tuple[list[Any], str | None]:
    """The first `limit` of at most one row more, and the cursor after them if there was one more."""
    kept = list(rows[:limit])
    return kept, encode_cursor([kept[-1][key]]) if len(rows) > limit else None
