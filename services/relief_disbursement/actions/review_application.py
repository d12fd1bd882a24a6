"""Second level: the street office, once the public notice has run its full time."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import ApplicationReviewed
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.outbox import publish
from relief_disbursement import store
from relief_disbursement.actions.take_for_review import take_for_review
from relief_disbursement.rules import application as rules
from relief_disbursement.rules.application import Application, Level


async def review_application(tx: Tx, application_id: UUID, *, by: Caller) -> Application:
    application, level, at = await take_for_review(
        tx, application_id, by, wanted="review", level=Level.REVIEW
    )
    reviewed = rules.review(application, by=by.subject, at=at)
    await store.insert_review(tx, reviewed, level, "approve", by=by.subject, at=at)
    version = await store.save_application(tx, reviewed, events=1)
    await publish(tx, ApplicationReviewed(**reviewed.facts, reviewer_id=by.subject), version=version, at=at)
    return replace(reviewed, version=version)
