"""Why an officer declined, sealed by the resident's key."""

from platform_kit.db import Tx
from platform_kit.sealing import Erased, Sealer
from platform_kit.subject_keys import subject_key
from relief_disbursement.rules.application import Application
from relief_disbursement.rules.sealed import DECISION


async def seal_decision(tx: Tx, sealer: Sealer, application: Application, reason: str) -> bytes | None:
    """None for who has been erased: nothing more is kept of them, and what waits of theirs can still be decided."""
    try:
        key = await subject_key(tx, sealer, application.resident_id)
    except Erased:
        return None
    return key.seal(reason, for_=DECISION)
