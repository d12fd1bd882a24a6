"""What is kept of an application, opened: for whom it is about, for masking, or for whoever may see it in full."""

from platform_kit.db import Tx
from platform_kit.masking import ERASED
from platform_kit.sealing import Sealer, StoredKey
from relief_disbursement import store
from relief_disbursement.rules.application import Application
from relief_disbursement.rules.opened import Note, Opened
from relief_disbursement.rules.sealed import BANK_ACCOUNT, DECISION, EVIDENCE, PAYEE_NAME, WORDS


async def open_application(tx: Tx, sealer: Sealer, application: Application) -> Opened:
    sealed = await store.sealed_application(tx, application.id)
    evidence = await store.evidence_of(tx, application.id)
    key = await sealer.key(StoredKey(application.resident_id, sealed["wrapped"], sealed["kek"]))
    return Opened(
        reason=key.open(sealed["words"], for_=WORDS),
        payee_name=key.open(sealed["payee_name"], for_=PAYEE_NAME),
        bank_account=key.open(sealed["bank_account"], for_=BANK_ACCOUNT),
        decision_reason=key.open(application.reason, for_=DECISION),
        evidence=tuple(
            Note(row["added_by"], row["at"], key.open(row["note"], for_=EVIDENCE) or ERASED)
            for row in evidence
        ),
    )
