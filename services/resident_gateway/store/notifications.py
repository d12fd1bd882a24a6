"""What people are told, how they want to be told, and where the things stand that they are told about."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from platform_kit.db import Tx
from platform_kit.paging import decode_cursor, encode_cursor
from platform_kit.rows import load
from resident_gateway.rules.notification import Preferences, Subject
from resident_gateway.rules.quiet_hours import QuietHours
from resident_gateway.store.items import instant


async def save_subject(tx: Tx, subject: Subject) -> tuple[Subject, str | None] | None:
    """The subject as it stands now and its state before; None when this event, or a later one, was noted already.

    What an event does not say (a state of "", None) stays as it was.
    """
    row = await tx.fetchrow(
        """
        INSERT INTO subject_state AS s (subject_id, kind, owner_id, unit_id, number, state, state_version, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (subject_id) DO UPDATE SET owner_id = coalesce(excluded.owner_id, s.owner_id),
            unit_id = coalesce(excluded.unit_id, s.unit_id), number = coalesce(excluded.number, s.number),
            state = CASE WHEN excluded.state = '' THEN s.state ELSE excluded.state END,
            state_version = CASE WHEN excluded.state = '' THEN s.state_version ELSE excluded.state_version END,
            version = excluded.version
        WHERE s.version < excluded.version
        RETURNING new.*, old.state AS before
        """,
        subject.subject_id,
        subject.kind,
        subject.owner_id,
        subject.unit_id,
        subject.number,
        subject.state,
        subject.state_version,
        subject.version,
    )
    saved = load(Subject, row)
    return (saved, row["before"]) if saved is not None and row is not None else None


async def subject_for_update(tx: Tx, subject_id: UUID) -> Subject | None:
    row = await tx.fetchrow("SELECT * FROM subject_state WHERE subject_id = $1 FOR UPDATE", subject_id)
    return load(Subject, row)


async def insert_followers(
    tx: Tx, subject_id: UUID, people: Sequence[UUID], joined: Sequence[UUID] = ()
) -> None:
    """`joined`: those of them, or others, whose own goes on as it. Once joined they stay so."""
    await tx.execute(
        """
        INSERT INTO subject_follower AS f (subject_id, person_id, joined)
        SELECT $1, p, p = ANY($3::uuid[]) FROM (SELECT DISTINCT unnest($2::uuid[] || $3::uuid[]) AS p) one
        WHERE linli_hold(p)
        ON CONFLICT (subject_id, person_id) DO UPDATE SET joined = true WHERE excluded.joined
        """,
        subject_id,
        list(people),
        list(joined),
    )


async def delete_follower(tx: Tx, subject_id: UUID, person_id: UUID) -> None:
    await tx.execute(
        "DELETE FROM subject_follower WHERE subject_id = $1 AND person_id = $2", subject_id, person_id
    )


async def followers(tx: Tx, subject_id: UUID, *, joined: bool) -> list[UUID]:
    """Whose own goes on as it, or everybody else who follows it."""
    rows = await tx.fetch(
        "SELECT person_id FROM subject_follower WHERE subject_id = $1 AND joined = $2", subject_id, joined
    )
    return [row["person_id"] for row in rows]


async def staff_at(tx: Tx, unit_id: UUID, post: str, at: datetime) -> list[UUID] | None:
    """Who holds such a post, at that instant, for the unit; None where the registry has not told of the unit yet."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT a.staff_id FROM unit u
        LEFT JOIN unit above ON above.code = u.code OR starts_with(u.code, above.code || '/')
        LEFT JOIN appointment a ON a.unit_id = above.id AND a.post = $2 AND (a.ended_at IS NULL OR a.ended_at > $3)
            AND ($3::timestamptz AT TIME ZONE above.zone)::date BETWEEN a.from_on AND coalesce(a.until_on, 'infinity')
        WHERE u.id = $1
        """,
        unit_id,
        post,
        at,
    )
    return [row["staff_id"] for row in rows if row["staff_id"] is not None] if rows else None


async def insert_notifications(
    tx: Tx,
    ids: Mapping[UUID, UUID],
    subject: Subject,
    occasion: str,
    instance: int,
    *,
    happened_at: datetime,
    sent: bool,
    resident: bool,
    at: datetime,
) -> None:
    """One for each person of `ids`, who has an id of it there; none twice, and none for somebody who was erased.

    `sent`: whoever has a phone here, or may have one at the registry as its residents do, is sent it as well. `resident`: it is about
    one, also where the registry has not told of them here yet.
    """
    await tx.execute(
        """
        WITH made AS (
            INSERT INTO notification
                (id, person_id, subject_id, kind, occasion, instance, number, happened_at, created_at)
            SELECT n.id, n.person_id, $3, $4, $5, $6, $7, $8, $10 FROM unnest($1::uuid[], $2::uuid[]) n(id, person_id)
            WHERE linli_hold(n.person_id)
            ON CONFLICT DO NOTHING
            RETURNING id, person_id
        )
        INSERT INTO delivery (notification_id, state, attempts, next_try_at, created_at)
        SELECT id, 'due', 0, $10, $10 FROM made
        WHERE $9 AND ($11 OR EXISTS (SELECT FROM account a WHERE a.subject = made.person_id AND a.kind = 'code')
            OR EXISTS (SELECT FROM resident r WHERE r.id = made.person_id))
        """,
        list(ids.values()),
        list(ids),
        subject.subject_id,
        subject.kind,
        occasion,
        instance,
        subject.number,
        happened_at,
        sent,
        at,
        resident,
    )


async def notifications(
    tx: Tx, person_id: UUID, limit: int, cursor: str | None
) -> tuple[list[Record], str | None]:
    """Newest first; a page continues after the instant and id of the last row seen."""
    after = decode_cursor(cursor, (instant, UUID)) if cursor else (None, None)
    rows = await tx.fetch(
        """
        SELECT id, kind, subject_id, number, occasion, happened_at, created_at, read_at FROM notification
        WHERE person_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
        ORDER BY created_at DESC, id DESC LIMIT $4
        """,
        person_id,
        *after,
        limit + 1,
    )
    kept = list(rows[:limit])
    if len(rows) == len(kept):
        return kept, None
    return kept, encode_cursor([kept[-1]["created_at"].isoformat(), kept[-1]["id"]])


async def delete_notifications(
    tx: Tx, subject_id: UUID, people: Sequence[UUID], occasions: Sequence[str]
) -> None:
    """With what of them waits to be sent."""
    await tx.execute(
        """
        DELETE FROM notification
        WHERE person_id = ANY($2::uuid[]) AND subject_id = $1 AND occasion = ANY($3::text[])
        """,
        subject_id,
        list(people),
        list(occasions),
    )


async def unread(tx: Tx, person_id: UUID) -> int:
    found: int = await tx.fetchval(
        "SELECT count(*) FROM notification WHERE person_id = $1 AND read_at IS NULL", person_id
    )
    return found


async def mark_read(tx: Tx, person_id: UUID, ids: Sequence[UUID], at: datetime) -> None:
    await tx.execute(
        "UPDATE notification SET read_at = $3 WHERE person_id = $1 AND id = ANY($2::uuid[]) AND read_at IS NULL",
        person_id,
        list(ids),
        at,
    )


async def preferences(tx: Tx, person_id: UUID) -> Preferences:
    row = await tx.fetchrow("SELECT * FROM notification_setting WHERE person_id = $1", person_id)
    return preferences_of(row) if row else Preferences()


def preferences_of(row: Mapping[str, Any] | Record) -> Preferences:
    """Of a row of `notification_setting`; where there is none its language is None, and the usual holds."""
    if row["language"] is None:
        return Preferences()
    starts, ends = row["quiet_from"], row["quiet_until"]
    return Preferences(row["language"], row["sms"], None if starts is None else QuietHours(starts, ends))


async def save_preferences(tx: Tx, person_id: UUID, wanted: Preferences, at: datetime) -> bool:
    """False for somebody who was erased: nothing of theirs is kept any more."""
    saved = await tx.fetchval(
        """
        INSERT INTO notification_setting AS s (person_id, language, sms, quiet_from, quiet_until, changed_at)
        SELECT $1, $2, $3, $4, $5, $6
        WHERE linli_hold($1)
        ON CONFLICT (person_id) DO UPDATE SET language = excluded.language, sms = excluded.sms,
            quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, changed_at = excluded.changed_at
        RETURNING true
        """,
        person_id,
        wanted.language,
        wanted.sms,
        wanted.quiet.starts if wanted.quiet else None,
        wanted.quiet.ends if wanted.quiet else None,
        at,
    )
    return bool(saved)


async def delete_told(tx: Tx, person_id: UUID) -> None:
    """All that this person was told and shown, what they followed, and how they wanted to be told; what waits to be sent goes with
    it."""
    await tx.execute("DELETE FROM notification WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM notification_setting WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM subject_follower WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM timeline_item WHERE person_id = $1", person_id)
