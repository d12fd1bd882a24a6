"""Who of the staff works where, as the registry tells."""

from datetime import date, datetime
from uuid import UUID

from platform_kit.db import Tx


async def insert_appointment(
    tx: Tx,
    appointment_id: UUID,
    staff_id: UUID,
    post: str,
    unit_id: UUID,
    from_on: date,
    until_on: date | None,
) -> None:
    await tx.execute(
        """
        INSERT INTO appointment (id, staff_id, post, unit_id, from_on, until_on) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO NOTHING
        """,
        appointment_id,
        staff_id,
        post,
        unit_id,
        from_on,
        until_on,
    )


async def save_appointment_ended(tx: Tx, appointment_id: UUID, at: datetime) -> None:
    await tx.execute("UPDATE appointment SET ended_at = $2 WHERE id = $1", appointment_id, at)


async def works_at(tx: Tx, staff_id: UUID, unit_id: UUID, posts: tuple[str, ...], at: datetime) -> bool:
    """Whether they hold one of these posts then, by the calendar of its own unit, at this unit or above it."""
    found = await tx.fetchval(
        """
        SELECT true FROM unit u JOIN unit above ON above.code = u.code OR starts_with(u.code, above.code || '/')
        JOIN appointment a ON a.unit_id = above.id
        WHERE u.id = $2 AND a.staff_id = $1 AND a.post = ANY($3::text[]) AND (a.ended_at IS NULL OR a.ended_at > $4)
            AND ($4::timestamptz AT TIME ZONE above.zone)::date BETWEEN a.from_on AND coalesce(a.until_on, 'infinity')
        LIMIT 1
        """,
        staff_id,
        unit_id,
        list(posts),
        at,
    )
    return bool(found)
