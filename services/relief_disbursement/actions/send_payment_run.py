"""Write the bank file of a released run once and mark its payments sent; later, give the same file."""

from uuid import UUID

from event_contracts.relief_disbursement import PaymentRunAdvanced, PaymentSent
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.outbox import publish, publish_all
from platform_kit.sealing import Sealer
from relief_disbursement import store
from relief_disbursement.actions.make_bank_file import make_bank_file
from relief_disbursement.actions.read_bank_file import read_bank_file
from relief_disbursement.policy import POLICY
from relief_disbursement.rules import payment_run as rules
from relief_disbursement.rules.bank_file import BankFile


async def send_payment_run(tx: Tx, sealer: Sealer, run_id: UUID, *, charset: str, by: Caller) -> BankFile:
    run = await store.lock_payment_run(tx, run_id, POLICY["send_payment_run"].unit_codes(by))
    written = await read_bank_file(tx, sealer, run)
    if written is not None:
        return written
    sent = rules.send(run)
    at = await now(tx)
    programme = await store.read_programme(tx, run.programme_id)
    pay_on = await store.local_date(tx, programme.unit_id, at)
    file = await make_bank_file(tx, sealer, run, charset=charset, pay_on=pay_on)
    await store.insert_bank_file(tx, run.id, file, by=by.subject, at=at)
    payments = await store.mark_payments_sent(tx, run.id)
    version = await store.save_payment_run(tx, sent)
    handed_over = [(PaymentSent(**payment.facts), payment.version) for payment in payments]
    await publish_all(tx, handed_over, at=at)
    await publish(tx, PaymentRunAdvanced(**sent.facts, by=by.subject), version=version, at=at)
    return file
