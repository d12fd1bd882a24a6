"""Whoever an application waits for asks for more evidence; a new round begins when it is submitted again."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import ApplicationReturned
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.outbox import publish
from platform_kit.sealing import Sealer
from relief_disbursement import store
from relief_disbursement.actions.seal_decision import seal_decision
from relief_disbursement.actions.take_for_review import take_for_review
from relief_disbursement.rules import application as rules
from relief_disbursement.rules.application import Application, Level


async def return_application(
    tx: Tx, sealer: Sealer, application_id: UUID, *, by: Caller, reason: str, level: Level | None = None
) -> Application:
    application, level, at = await take_for_review(tx, application_id, by, wanted="return", level=level)
    sealed = await seal_decision(tx, sealer, application, reason)
    returned = rules.send_back(application, level, by=by.subject, at=at, reason=sealed)
    await store.insert_review(tx, returned, level, "return", by=by.subject, at=at)
    version = await store.save_application(tx, returned, events=1)
    event = ApplicationReturned(**returned.facts, reviewer_id=by.subject, reason="more_evidence")
    await publish(tx, event, version=version, at=at)
    return replace(returned, version=version)
