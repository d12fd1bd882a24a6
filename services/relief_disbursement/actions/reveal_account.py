"""An officer of the resident's units, or finance, sees the bank account of an application in full, and says why."""

from uuid import UUID

from platform_kit.audit import record_look
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from platform_kit.sealing import Sealer, StoredKey
from registry_replica.permitted import permitted
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.rules.sealed import BANK_ACCOUNT


async def reveal_account(
    tx: Tx, sealer: Sealer, application_id: UUID, *, reason: str, by: Caller
) -> str | None:
    """None once it has been erased."""
    application = await store.read_application(tx, application_id)
    if not await permitted(tx, by, POLICY["reveal_account"], unit=application.unit_id):
        raise NotFound(what="application")
    sealed = await store.sealed_application(tx, application_id)
    key = await sealer.key(StoredKey(application.resident_id, sealed["wrapped"], sealed["kek"]))
    await record_look(
        tx, actor=by, subject=application.resident_id, what="relief.bank_account", reason=reason
    )
    return key.open(sealed["bank_account"], for_=BANK_ACCOUNT)
