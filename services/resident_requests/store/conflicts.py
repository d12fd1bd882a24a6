"""What came under the id of a request with other content than its own, kept beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another filing that came under the id of one that there was; `content` as it is stored, sealed."""

    id: UUID
    request_id: UUID
    content: bytes
    sent_by: UUID
    at: datetime


async def insert_conflict(
    tx: Tx, conflict_id: UUID, request_id: UUID, content: bytes, sent_by: UUID, at: datetime
) -> None:
    await tx.execute(
        "INSERT INTO filing_conflict (id, request_id, content, sent_by, at) VALUES ($1, $2, $3, $4, $5)",
        conflict_id,
        request_id,
        content,
        sent_by,
        at,
    )


async def conflicts(tx: Tx, request_id: UUID) -> list[Conflict]:
    rows = await tx.fetch("SELECT * FROM filing_conflict WHERE request_id = $1 ORDER BY id", request_id)
    return [conflict for row in rows if (conflict := load(Conflict, row))]


async def count_conflicts(tx: Tx, request_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Of each of these, also of those that have none: counted in the index, whose rows each are shown or not as their request is."""
    rows = await tx.fetch(
        """
        SELECT one.id, (SELECT count(*) FROM filing_conflict c WHERE c.request_id = one.id) AS count
        FROM unnest($1::uuid[]) one (id)
        """,
        list(request_ids),
    )
    return {row["id"]: row["count"] for row in rows}
