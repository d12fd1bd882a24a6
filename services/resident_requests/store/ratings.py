"""How residents rate what was done for them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load

_COLUMNS = "request_id, round, stars, words, rated_by, at"


@dataclass(frozen=True, slots=True)
class Rating:
    """Of one round; `words` as they are stored, sealed."""

    request_id: UUID
    round: int
    stars: int
    words: bytes | None
    rated_by: UUID
    at: datetime


async def insert_rating(tx: Tx, rating: Rating) -> bool:
    """False when this round has been rated."""
    added = await tx.fetchval(
        f"""
        INSERT INTO rating ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING true
        """,
        rating.request_id,
        rating.round,
        rating.stars,
        rating.words,
        rating.rated_by,
        rating.at,
    )
    return bool(added)


async def ratings(tx: Tx, request_id: UUID) -> list[Rating]:
    rows = await tx.fetch(f"SELECT {_COLUMNS} FROM rating WHERE request_id = $1 ORDER BY round", request_id)
    return [rating for row in rows if (rating := load(Rating, row))]
