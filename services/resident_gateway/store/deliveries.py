"""What waits to be sent to somebody's phone. The phone itself is read where it is kept, when it is sent."""

from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Record

from platform_kit.db import Tx
from platform_kit.paging import fetch_page

_TAKE = """
    UPDATE delivery SET attempts = attempts + 1, next_try_at = $2::timestamptz + $3::interval
    WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM delivery WHERE state = 'due' AND next_try_at <= $2
        ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING notification_id
"""
# Everything that decides what becomes of them, with what they are about as it stands now; the newest phone with which this person
# signs in, sealed as it is kept; and where they live, as the registry is asked for the phone of whoever has no such account.
_TAKEN = """
    SELECT d.notification_id, d.attempts, d.created_at, n.person_id, n.occasion, n.number, n.subject_id, n.kind,
        s.owner_id, s.unit_id, s.state, s.state_version, s.version, phone.account, k.wrapped, k.kek, p.language, p.sms,
        p.quiet_from, p.quiet_until, home.id AS home_id, home.code AS home_code,
        EXISTS (SELECT FROM account a WHERE a.subject = n.person_id) AS signs_in,
        coalesce(
            home.zone,
            (SELECT u.zone FROM appointment a JOIN unit u ON u.id = a.unit_id WHERE a.staff_id = n.person_id
             ORDER BY a.from_on DESC LIMIT 1),
            'Asia/Shanghai'
        ) AS zone
    FROM delivery d JOIN notification n ON n.id = d.notification_id
    LEFT JOIN subject_state s ON s.subject_id = n.subject_id
    LEFT JOIN notification_setting p ON p.person_id = n.person_id
    LEFT JOIN subject_key k ON k.subject = n.person_id
    LEFT JOIN LATERAL (
        SELECT account FROM account WHERE subject = n.person_id AND kind = 'code' ORDER BY created_at DESC LIMIT 1
    ) phone ON true
    LEFT JOIN LATERAL (
        SELECT u.id, u.code, u.zone FROM resident r JOIN unit u ON u.id = r.unit_id WHERE r.id = n.person_id
    ) home ON true
    WHERE d.notification_id = ANY($1::uuid[]) ORDER BY d.created_at
"""


async def due_deliveries_for_update(tx: Tx, most: int, at: datetime, lease: timedelta) -> list[Record]:
    """Each counted as tried, and kept from everybody else for as long as the lease is."""
    taken = await tx.fetch(_TAKE, most, at, lease)
    return list(await tx.fetch(_TAKEN, [row["notification_id"] for row in taken])) if taken else []


async def lock_delivery(tx: Tx, notification_id: UUID) -> None:
    await tx.execute("SELECT FROM delivery WHERE notification_id = $1 FOR UPDATE", notification_id)


async def save_held(tx: Tx, notification_id: UUID) -> None:
    """Nobody was asked to send it, so that no try was used up."""
    await tx.execute(
        "UPDATE delivery SET state = 'held', attempts = attempts - 1 WHERE notification_id = $1",
        notification_id,
    )


async def save_released(tx: Tx, notification_id: UUID, at: datetime) -> None:
    await tx.execute(
        "UPDATE delivery SET state = 'due', next_try_at = $2 WHERE notification_id = $1 AND state = 'held'",
        notification_id,
        at,
    )


async def save_all_released(tx: Tx, person_id: UUID, at: datetime) -> None:
    """What is held for this person is looked at again: how they want to be told has changed."""
    await tx.execute(
        """
        UPDATE delivery d SET state = 'due', next_try_at = $2 FROM notification n
        WHERE n.id = d.notification_id AND n.person_id = $1 AND d.state = 'held'
        """,
        person_id,
        at,
    )


async def save_ended(tx: Tx, notification_id: UUID, state: str, reason: str | None, at: datetime) -> None:
    await tx.execute(
        "UPDATE delivery SET state = $2, reason = $3, ended_at = $4 WHERE notification_id = $1",
        notification_id,
        state,
        reason,
        at,
    )


async def save_next_try(tx: Tx, notification_id: UUID, reason: str, next_try_at: datetime) -> None:
    await tx.execute(
        "UPDATE delivery SET reason = $2, next_try_at = $3 WHERE notification_id = $1 AND state = 'due'",
        notification_id,
        reason,
        next_try_at,
    )


async def failed_deliveries(tx: Tx, limit: int, cursor: str | None) -> tuple[list[Record], str | None]:
    """Which messages did not reach a phone, and why; by their ids, which are in no order of time."""
    return await fetch_page(
        tx,
        "SELECT notification_id AS id, attempts, reason, created_at, ended_at FROM delivery WHERE state = 'failed'",
        [],
        limit=limit,
        cursor=cursor,
    )
