"""Whose own goes on as another's request: it was merged into it, at whatever remove. Their rows are others': ask as the system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load


@dataclass(frozen=True, slots=True)
class Joined:
    """`since` is when theirs came to it: of what was said before nothing was said to them."""

    resident_id: UUID
    since: datetime


async def joined(tx: Tx, request_id: UUID) -> list[Joined]:
    """Everybody but whose it is itself."""
    rows = await tx.fetch(
        """
        WITH RECURSIVE part(id, resident_id, since) AS (
            SELECT id, resident_id, merged_at FROM request WHERE merged_into = $1
            UNION SELECT r.id, r.resident_id, p.since FROM request r JOIN part p ON r.merged_into = p.id
        )
        SELECT resident_id, min(since) AS since FROM part
        WHERE resident_id IS DISTINCT FROM (SELECT resident_id FROM request WHERE id = $1) AND resident_id IS NOT NULL
        GROUP BY resident_id ORDER BY resident_id
        """,
        request_id,
    )
    return [each for row in rows if (each := load(Joined, row))]


async def have_joined(tx: Tx, request_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these requests that somebody else's own goes on as."""
    rows = await tx.fetch(
        """
        WITH RECURSIVE part(root, id, resident_id) AS (
            SELECT merged_into, id, resident_id FROM request WHERE merged_into = ANY($1)
            UNION SELECT p.root, r.id, r.resident_id FROM request r JOIN part p ON r.merged_into = p.id
        )
        SELECT DISTINCT p.root FROM part p JOIN request whole ON whole.id = p.root
        WHERE p.resident_id IS DISTINCT FROM whole.resident_id AND p.resident_id IS NOT NULL
        """,
        list(request_ids),
    )
    return {row["root"] for row in rows}
