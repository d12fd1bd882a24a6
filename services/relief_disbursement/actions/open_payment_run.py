"""Finance opens a payment run of a programme for one month; several runs may be for one month."""

from uuid import UUID

from event_contracts.relief_disbursement import PaymentRunAdvanced
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.money import Money
from platform_kit.outbox import publish
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.rules.payment_run import PaymentRun
from relief_disbursement.rules.programme import require_period


async def open_payment_run(tx: Tx, *, programme_id: UUID, period: str, by: Caller) -> PaymentRun:
    programme = await store.programme_in_scope(tx, programme_id, POLICY["open_payment_run"].unit_codes(by))
    require_period(programme, period)
    at = await now(tx)
    run = PaymentRun(
        id=new_id(), programme_id=programme_id, period=period, total=Money(0, programme.budget.currency)
    )
    await store.insert_payment_run(tx, run, by=by.subject, at=at)
    await publish(tx, PaymentRunAdvanced(**run.facts, by=by.subject), version=run.version, at=at)
    return run
