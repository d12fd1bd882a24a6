"""Finance sees what the bank wrote about a payment that came back, and says why."""

from uuid import UUID

from platform_kit.audit import record_look
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer, StoredKey
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.rules.sealed import BANK_REASON


async def reveal_payment(tx: Tx, sealer: Sealer, payment_id: UUID, *, reason: str, by: Caller) -> str | None:
    """None where the bank wrote nothing, and once it has been erased."""
    sealed = await store.sealed_bank_reason(tx, payment_id, POLICY["reveal_payment"].unit_codes(by))
    await record_look(
        tx, actor=by, subject=sealed["resident_id"], what=BANK_REASON, reason=reason, payment_id=payment_id
    )
    key = await sealer.key(StoredKey(sealed["resident_id"], sealed["wrapped"], sealed["kek"]))
    return key.open(sealed["reason"], for_=BANK_REASON)
