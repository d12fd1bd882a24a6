"""Somebody has looked a calculated run over."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import PaymentRunAdvanced
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.outbox import publish
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.rules import payment_run as rules
from relief_disbursement.rules.payment_run import PaymentRun


async def check_payment_run(tx: Tx, run_id: UUID, *, by: Caller) -> PaymentRun:
    run = await store.lock_payment_run(tx, run_id, POLICY["check_payment_run"].unit_codes(by))
    at = await now(tx)
    checked = rules.check(run, by=by.subject)
    version = await store.save_payment_run(tx, checked)
    await publish(tx, PaymentRunAdvanced(**checked.facts, by=by.subject), version=version, at=at)
    return replace(checked, version=version)
