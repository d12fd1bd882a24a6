"""What is said about a request, both ways, and the notes that staff keep among themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.paging import fetch_page
from platform_kit.rows import load
from resident_requests.rules.comments import Kind
from resident_requests.store.joined import Joined

_COLUMNS = "id, request_id, kind, author_id, words, at, neighbour_id"
# What was said before theirs came was said to somebody else.
_TOLD = "(neighbour_id = $3 OR neighbour_id IS NULL AND at >= $4)"


@dataclass(frozen=True, slots=True)
class Comment:
    """`words` as they are stored, sealed: by the key of `neighbour_id` where it is one of theirs."""

    id: UUID
    request_id: UUID
    kind: Kind
    author_id: UUID
    words: bytes
    at: datetime
    neighbour_id: UUID | None = None


async def comments(
    tx: Tx,
    request_id: UUID,
    kinds: Sequence[Kind],
    limit: int,
    cursor: str | None,
    *,
    told: Joined | None = None,
) -> tuple[list[Comment], str | None]:
    """The oldest first; of all that was said what was told to `told`, whose own was merged into it."""
    only, to = (f" AND {_TOLD}", [told.resident_id, told.since]) if told else ("", [])
    rows, following = await fetch_page(
        tx, f"SELECT {_COLUMNS} FROM comment WHERE request_id = $1 AND kind = ANY($2){only}",
        [request_id, list(kinds), *to], limit=limit, cursor=cursor, descending=False,
    )  # fmt: skip
    return [comment for row in rows if (comment := load(Comment, row))], following


async def newest_resolution(tx: Tx, request_id: UUID, since: datetime | None) -> Comment | None:
    """What was said of the last time that it was done, from that instant on."""
    row = await tx.fetchrow(
        f"""
        SELECT {_COLUMNS} FROM comment WHERE request_id = $1 AND kind = 'resolution' AND ($2::timestamptz IS NULL OR at >= $2)
        ORDER BY id DESC LIMIT 1
        """,
        request_id,
        since,
    )
    return load(Comment, row)


async def insert_comment(tx: Tx, comment: Comment) -> None:
    await tx.execute(
        f"INSERT INTO comment ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        comment.id,
        comment.request_id,
        comment.kind,
        comment.author_id,
        comment.words,
        comment.at,
        comment.neighbour_id,
    )
