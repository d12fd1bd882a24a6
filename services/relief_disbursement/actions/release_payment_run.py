"""A second person releases a checked run; from here on it never changes."""

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


async def release_payment_run(tx: Tx, run_id: UUID, *, by: Caller) -> PaymentRun:
    run = await store.lock_payment_run(tx, run_id, POLICY["release_payment_run"].unit_codes(by))
    at = await now(tx)
    released = rules.release(run, by=by.subject)
    version = await store.save_payment_run(tx, released)
    await publish(tx, PaymentRunAdvanced(**released.facts, by=by.subject), version=version, at=at)
    return replace(released, version=version)
