"""Who may see and do what where."""

from datetime import date, datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from registry_replica.store import delegate_of, within
from relief_disbursement.rules.application import Application
from relief_disbursement.store.found import found


async def may_see(tx: Tx, caller: Caller, application: Application, at: datetime) -> bool:
    """Whoever may act for the resident, and the staff whose units hold the resident's."""
    if await may_act_for(tx, caller, application.resident_id, application.unit_id, at):
        return True
    return await within(tx, caller, application.unit_id, "worker", "street", "district", "auditor")


async def may_act_for(tx: Tx, caller: Caller, resident_id: UUID, unit_id: UUID, at: datetime) -> bool:
    """The resident, a delegate whose consent holds, or a worker of the resident's community."""
    if caller.subject == resident_id:
        return True
    if await delegate_of(tx, resident_id, caller.subject, at):
        return True
    return await within(tx, caller, unit_id, "worker")


async def local_date(tx: Tx, unit_id: UUID, at: datetime) -> date:
    """The date that the unit's calendar shows at this instant."""
    on: date | None = await tx.fetchval(
        "SELECT ($2::timestamptz AT TIME ZONE zone)::date FROM unit WHERE id = $1", unit_id, at
    )
    return found(on, "unit")
