"""An officer of the resident's units, or finance, sees parts of an application in full, and says why."""

from collections.abc import Collection
from uuid import UUID

from platform_kit.audit import record_look
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import NotFound, NotYours
from platform_kit.sealing import Sealer
from registry_replica.permitted import permitted
from relief_disbursement import store
from relief_disbursement.actions.open_application import open_application
from relief_disbursement.policy import POLICY
from relief_disbursement.rules.opened import Opened, Part


async def reveal_application(
    tx: Tx, sealer: Sealer, application_id: UUID, parts: Collection[Part], *, reason: str, by: Caller
) -> Opened:
    """Only the parts that were asked for; the rest is None. Evidence is for whoever may read the application: NotYours for finance."""
    application = await store.read_application(tx, application_id)
    if not await permitted(tx, by, POLICY["reveal_application"], unit=application.unit_id):
        raise NotFound(what="application")
    if "evidence" in parts and not await permitted(
        tx, by, POLICY["read_application"], unit=application.unit_id
    ):
        raise NotYours(field="parts")
    asked = frozenset(parts)
    what = ", ".join(f"relief.{part}" for part in sorted(asked))
    await record_look(
        tx,
        actor=by,
        subject=application.resident_id,
        what=what,
        reason=reason,
        application_id=application_id,
    )
    return (await open_application(tx, sealer, application)).only(asked)
