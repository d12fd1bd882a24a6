"""Where things are: the calendar of a unit."""

from datetime import date, datetime
from uuid import UUID

from platform_kit.db import Tx
from relief_disbursement.store.found import found


async def local_date(tx: Tx, unit_id: UUID, at: datetime) -> date:
    """The date that the unit's calendar shows at this instant."""
    on: date | None = await tx.fetchval(
        "SELECT ($2::timestamptz AT TIME ZONE zone)::date FROM unit WHERE id = $1", unit_id, at
    )
    return found(on, "unit")
