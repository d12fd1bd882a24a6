"""Whoever an application waits for rejects it, with the reason."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import ApplicationRejected
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.outbox import publish
from platform_kit.sealing import Sealer
from relief_disbursement import store
from relief_disbursement.actions.seal_decision import seal_decision
from relief_disbursement.actions.take_for_review import take_for_review
from relief_disbursement.rules import application as rules
from relief_disbursement.rules.application import Application, Level


async def reject_application(
    tx: Tx, sealer: Sealer, application_id: UUID, *, by: Caller, reason: str, level: Level | None = None
) -> Application:
    application, level, at = await take_for_review(tx, application_id, by, wanted="reject", level=level)
    sealed = await seal_decision(tx, sealer, application, reason)
    rejected = rules.reject(application, level, by=by.subject, at=at, reason=sealed)
    await store.insert_review(tx, rejected, level, "reject", by=by.subject, at=at)
    version = await store.save_application(tx, rejected, events=1)
    event = ApplicationRejected(**rejected.facts, reviewer_id=by.subject, reason="declined")
    await publish(tx, event, version=version, at=at)
    return replace(rejected, version=version)
