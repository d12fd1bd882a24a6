"""Take the bank's answers, each line once; the run settles when every line has one."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import PaymentPaid, PaymentReturned, PaymentRunAdvanced
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.money import Money
from platform_kit.outbox import publish, publish_all
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_keys
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.problems import UnreadableLine
from relief_disbursement.rules import payment_run as rules
from relief_disbursement.rules import programme as budget
from relief_disbursement.rules.bank_results import BankAnswer, LineOutcome, apply_all, read_results
from relief_disbursement.rules.payment import Payment, PaymentState
from relief_disbursement.rules.payment_run import PaymentRun, RunState
from relief_disbursement.rules.sealed import BANK_REASON


async def record_bank_results(
    tx: Tx, sealer: Sealer, run_id: UUID, text: str, *, by: Caller
) -> tuple[PaymentRun, list[LineOutcome]]:
    """A refused line stops no other line. What came back stays committed: it is still owed."""
    run = await store.lock_payment_run(tx, run_id, POLICY["record_bank_results"].unit_codes(by))
    rules.require_sent(run)
    read = await asyncio.to_thread(read_results, text)
    payments = await store.lock_payments(tx, run_id)
    changed, outcomes = apply_all(read, payments)
    at = await now(tx)
    if changed:
        await store.save_payments(tx, changed, await _sealed_reasons(tx, sealer, changed, read, outcomes))
        paid = [payment.amount for payment in changed if payment.state is PaymentState.PAID]
        programme = await store.lock_programme(tx, run.programme_id)
        await store.save_money(tx, budget.settle(programme, sum(paid, Money(0, run.total.currency))))
    await publish_all(tx, [(_answered(payment), payment.version + 1) for payment in changed], at=at)
    open_before = sum(payment.state is PaymentState.SENT for payment in payments)
    if run.state is RunState.SENT and open_before == len(changed):
        settled = rules.settle(run)
        version = await store.save_payment_run(tx, settled)
        await publish(tx, PaymentRunAdvanced(**settled.facts, by=by.subject), version=version, at=at)
        run = replace(settled, version=version)
    return run, outcomes


async def _sealed_reasons(
    tx: Tx,
    sealer: Sealer,
    changed: list[Payment],
    read: Sequence[tuple[int, BankAnswer | UnreadableLine]],
    outcomes: list[LineOutcome],
) -> dict[UUID, bytes]:
    """What the bank wrote about what came back, by payment: it may name anybody's account. Of who has been erased nothing is kept."""
    said = {
        answer.payment_id: answer.reason
        for (_, answer), outcome in zip(read, outcomes, strict=True)
        if isinstance(answer, BankAnswer) and outcome.outcome == "applied"
    }
    returned = [payment for payment in changed if payment.state is PaymentState.RETURNED]
    keys = await subject_keys(tx, sealer, [payment.resident_id for payment in returned])
    return {
        payment.id: key.seal(said[payment.id], for_=BANK_REASON)
        for payment in returned
        if (key := keys[payment.resident_id]).stored.wrapped
    }


def _answered(payment: Payment) -> PaymentPaid | PaymentReturned:
    if payment.state is PaymentState.PAID and payment.answered_on is not None:
        return PaymentPaid(**payment.facts, paid_on=payment.answered_on)
    return PaymentReturned(**payment.facts, code=payment.code or "", reason="returned_by_bank")
