"""One row of a bulk review: the same actions as one by one."""

from typing import Literal
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from relief_disbursement.actions.approve_application import approve_application
from relief_disbursement.actions.reject_application import reject_application
from relief_disbursement.actions.return_application import return_application
from relief_disbursement.actions.review_application import review_application
from relief_disbursement.actions.verify_application import verify_application
from relief_disbursement.rules.application import Application, Level


async def decide_application(
    tx: Tx,
    sealer: Sealer,
    application_id: UUID,
    *,
    level: Level,
    decision: Literal["approve", "return", "reject"],
    reason: str,
    by: Caller,
) -> Application:
    """Only what waits for `level` is decided."""
    match decision, level:
        case "return", _:
            return await return_application(tx, sealer, application_id, by=by, reason=reason, level=level)
        case "reject", _:
            return await reject_application(tx, sealer, application_id, by=by, reason=reason, level=level)
        case _, Level.VERIFY:
            return await verify_application(tx, application_id, by=by)
        case _, Level.REVIEW:
            return await review_application(tx, application_id, by=by)
        case _:
            return await approve_application(tx, application_id, by=by)
