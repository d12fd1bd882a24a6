"""Collect what is due into a run: the active entitlements of the month and what was reissued, each once."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import PaymentDue, PaymentRunAdvanced
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.money import Money
from platform_kit.outbox import publish, publish_all
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.rules import payment_run as rules
from relief_disbursement.rules.payment import Payment
from relief_disbursement.rules.payment_run import PaymentRun


async def calculate_payment_run(tx: Tx, run_id: UUID, *, by: Caller) -> PaymentRun:
    """The programme's lock makes two runs of one programme collect one after the other."""
    run = await store.lock_payment_run(tx, run_id, POLICY["calculate_payment_run"].unit_codes(by))
    rules.require_draft(run)
    await store.lock_programme(tx, run.programme_id)
    at = await now(tx)
    payments = await store.insert_due_payments(tx, run, at)
    total = sum((payment.amount for payment in payments), Money(0, run.total.currency))
    calculated = rules.calculate(run, by=by.subject, count=len(payments), total=total)
    version = await store.save_payment_run(tx, calculated)
    await publish_all(tx, [(_due(payment), payment.version) for payment in payments], at=at)
    await publish(tx, PaymentRunAdvanced(**calculated.facts, by=by.subject), version=version, at=at)
    return replace(calculated, version=version)


def _due(payment: Payment) -> PaymentDue:
    return PaymentDue(**payment.facts, attempt=payment.attempt, previous_id=payment.previous_id)
