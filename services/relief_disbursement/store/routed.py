"""Requests that were routed here. A row stays when it ends, so that what routed it brings it back for nobody who reads it again."""

from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from relief_disbursement.rules.routed import Routed
from relief_disbursement.store.found import loaded_all


async def keep_request(
    tx: Tx, request_id: UUID, request_version: int, *, resident_id: UUID, unit_id: UUID, at: datetime
) -> None:
    """An application of its resident can answer it from now on. Of somebody who is erased nothing is kept."""
    await tx.execute(
        """
        INSERT INTO relief_request AS r (request_id, request_version, resident_id, unit_id, stands, at)
        SELECT $1, $2, $3, $4, true, $5 WHERE linli_hold($3)
        ON CONFLICT (request_id) DO UPDATE
            SET request_version = excluded.request_version, unit_id = excluded.unit_id, stands = true, at = excluded.at
            WHERE r.request_version < excluded.request_version
        """,
        request_id,
        request_version,
        resident_id,
        unit_id,
        at,
    )


async def end_request(tx: Tx, request_id: UUID, *, before: int) -> None:
    """It is over, staff do it, or it goes another way: no application answers it any more; one that was filed goes on, as the
    resident's own. `before`: the version of the event that says so; what a later one routed here stays, however often it is read."""
    await tx.execute(
        "UPDATE relief_request SET stands = false WHERE request_id = $1 AND request_version < $2 AND stands",
        request_id,
        before,
    )


async def delete_requests_of(tx: Tx, resident_id: UUID) -> None:
    await tx.execute("DELETE FROM relief_request WHERE resident_id = $1", resident_id)


async def waiting_requests(tx: Tx, resident_id: UUID) -> list[Routed]:
    rows = await tx.fetch(
        """
        SELECT r.request_id, r.request_version, EXISTS (
            SELECT FROM application a WHERE a.request_id = r.request_id AND a.request_version = r.request_version
        ) AS applied_for
        FROM relief_request r WHERE r.resident_id = $1 AND r.stands ORDER BY r.request_id
        """,
        resident_id,
    )
    return loaded_all(Routed, rows)
