"""What is said about a request, both ways, and the notes that staff keep among themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.paging import fetch_page
from platform_kit.rows import load
from resident_requests.rules.comments import Kind

_COLUMNS = "id, request_id, kind, author_id, words, at"


@dataclass(frozen=True, slots=True)
class Comment:
    """`words` as they are stored, sealed."""

    id: UUID
    request_id: UUID
    kind: Kind
    author_id: UUID
    words: bytes
    at: datetime


async def comments(
    tx: Tx, request_id: UUID, kinds: Sequence[Kind], limit: int, cursor: str | None
) -> tuple[list[Comment], str | None]:
    """The oldest first."""
    rows, following = await fetch_page(
        tx, f"SELECT {_COLUMNS} FROM comment WHERE request_id = $1 AND kind = ANY($2)", [request_id, list(kinds)],
        limit=limit, cursor=cursor, descending=False,
    )  # fmt: skip
    return [comment for row in rows if (comment := load(Comment, row))], following


async def insert_comment(tx: Tx, comment: Comment) -> None:
    await tx.execute(
        f"INSERT INTO comment ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)",
        comment.id,
        comment.request_id,
        comment.kind,
        comment.author_id,
        comment.words,
        comment.at,
    )
