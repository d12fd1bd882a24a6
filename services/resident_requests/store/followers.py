"""Who follows a public request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.paging import fetch_page
from platform_kit.rows import load
from resident_requests.store.publicity import IS_PUBLIC


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """What anybody may know of a public request."""

    id: UUID
    case_number: str
    category: str
    state: str
    occurred_at: datetime
    resolved_at: datetime | None


async def followed(
    tx: Tx, person_id: UUID, limit: int, cursor: str | None
) -> tuple[list[PublicFacts], str | None]:
    """What this person follows and is still public, the newest first. The rows are others': ask as the system."""
    rows, following = await fetch_page(
        tx,
        f"""
        SELECT t.id, t.case_number, t.category, t.state, t.occurred_at, t.resolved_at
        FROM follower f JOIN request t ON t.id = f.request_id
        WHERE f.person_id = $1 AND f.until IS NULL AND {IS_PUBLIC}
        """,
        [person_id],
        limit=limit,
        cursor=cursor,
    )
    return [facts for row in rows if (facts := load(PublicFacts, row))], following


async def followed_in_time(tx: Tx, request_id: UUID, person_id: UUID) -> bool:
    """Whether this person follows it, can see it, and has followed it since before it was done: resolved, or, of what came in
    closed, since before it came (`updated_at`)."""
    found = await tx.fetchval(
        f"""
        SELECT true FROM follower f JOIN request t ON t.id = f.request_id JOIN public_report p ON p.request_id = t.id
        WHERE f.request_id = $1 AND f.person_id = $2 AND f.until IS NULL AND {IS_PUBLIC}
            AND (t.state NOT IN ('resolved', 'closed') OR f.since < coalesce(t.resolved_at, p.updated_at))
        """,
        request_id,
        person_id,
    )
    return bool(found)


async def count_followers(tx: Tx, request_id: UUID) -> int:
    found: int = await tx.fetchval(
        "SELECT count(*) FROM follower WHERE request_id = $1 AND until IS NULL", request_id
    )
    return found


async def save_follower(tx: Tx, request_id: UUID, person_id: UUID, at: datetime) -> bool:
    """True when they did not follow it before."""
    added = await tx.fetchval(
        """
        INSERT INTO follower AS f (request_id, person_id, since) VALUES ($1, $2, $3)
        ON CONFLICT (request_id, person_id) DO UPDATE SET since = excluded.since, until = NULL WHERE f.until IS NOT NULL
        RETURNING true
        """,
        request_id,
        person_id,
        at,
    )
    return bool(added)


async def save_unfollowed(tx: Tx, request_id: UUID, person_id: UUID, at: datetime) -> bool:
    """True when they followed it until now."""
    ended = await tx.fetchval(
        """
        UPDATE follower SET until = $3 WHERE request_id = $1 AND person_id = $2 AND until IS NULL RETURNING true
        """,
        request_id,
        person_id,
        at,
    )
    return bool(ended)


async def save_all_unfollowed(tx: Tx, request_ids: Sequence[UUID], at: datetime) -> dict[UUID, list[UUID]]:
    """Nobody follows these any more, but whose own was merged into one of them; who did, in order, by request."""
    rows = await tx.fetch(
        """
        WITH RECURSIVE joined(root, id, resident_id) AS (
            SELECT merged_into, id, resident_id FROM request WHERE merged_into = ANY($1)
            UNION SELECT j.root, r.id, r.resident_id FROM request r JOIN joined j ON r.merged_into = j.id
        )
        UPDATE follower f SET until = $2 WHERE f.request_id = ANY($1) AND f.until IS NULL
            AND NOT EXISTS (SELECT FROM joined j WHERE j.root = f.request_id AND j.resident_id = f.person_id)
        RETURNING f.request_id, f.person_id
        """,
        list(request_ids),
        at,
    )
    left: dict[UUID, list[UUID]] = {}
    for request_id, person_id in sorted((row["request_id"], row["person_id"]) for row in rows):
        left.setdefault(request_id, []).append(person_id)
    return left


async def lock_followed(tx: Tx, category: str) -> list[UUID]:
    """All requests of a category that somebody follows, with their locks, taken in the order of their ids."""
    rows = await tx.fetch(
        """
        SELECT t.id FROM request t WHERE t.category = $1
            AND t.id = ANY (ARRAY(SELECT DISTINCT f.request_id FROM follower f WHERE f.until IS NULL))
        ORDER BY t.id FOR UPDATE
        """,
        category,
    )
    return [row["id"] for row in rows]


async def concerned(tx: Tx, request_id: UUID) -> list[UUID]:
    """Who follows it, and whose it is."""
    rows = await tx.fetch(
        """
        SELECT person_id FROM follower WHERE request_id = $1 AND until IS NULL
        UNION SELECT resident_id FROM request WHERE id = $1 AND resident_id IS NOT NULL
        """,
        request_id,
    )
    return [row["person_id"] for row in rows]


async def save_followers_moved(
    tx: Tx, request_id: UUID, people: Sequence[UUID], into: UUID, at: datetime
) -> list[UUID]:
    """These, from one request to the one that it was merged into; whose that is follows it anyway. Who is new there, in order."""
    rows = await tx.fetch(
        """
        WITH moved AS (
            UPDATE follower SET until = $3 WHERE request_id = $1 AND until IS NULL AND person_id = ANY($4::uuid[])
        )
        INSERT INTO follower AS f (request_id, person_id, since)
        SELECT $2, person_id, $3 FROM unnest($4::uuid[]) person_id
        WHERE person_id IS DISTINCT FROM (SELECT resident_id FROM request WHERE id = $2)
        ON CONFLICT (request_id, person_id) DO UPDATE SET since = excluded.since, until = NULL WHERE f.until IS NOT NULL
        RETURNING person_id
        """,
        request_id,
        into,
        at,
        list(people),
    )
    return sorted(row["person_id"] for row in rows)


async def delete_follower(tx: Tx, person_id: UUID) -> None:
    """Of somebody erased."""
    await tx.execute("DELETE FROM follower WHERE person_id = $1", person_id)
