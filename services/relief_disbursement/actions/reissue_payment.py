"""A person has a returned payment paid again, to a corrected account if need be; until then it is held."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import PaymentReissued
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.outbox import publish
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_key
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.rules import payment as rules
from relief_disbursement.rules.payment import Payment
from relief_disbursement.rules.sealed import BANK_ACCOUNT


async def reissue_payment(
    tx: Tx, sealer: Sealer, payment_id: UUID, *, bank_account: str | None, by: Caller
) -> Payment:
    """The programme's next calculated run takes it up as the next attempt, with its period and its amount."""
    payment = await store.lock_payment(tx, payment_id, POLICY["reissue_payment"].unit_codes(by))
    at = await now(tx)
    reissued = rules.reissue(payment)
    if bank_account is not None:
        key = await subject_key(tx, sealer, payment.resident_id)
        sealed = key.seal(bank_account, for_=BANK_ACCOUNT)
        await store.correct_account(tx, payment.application_id, sealed)
    await store.save_payments(tx, [reissued])
    version = payment.version + 1
    await publish(tx, PaymentReissued(**reissued.facts), version=version, at=at)
    return replace(reissued, version=version)
