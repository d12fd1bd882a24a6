"""First level: the community has verified, and the public notice is posted in the same breath."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import ApplicationVerified, NoticePosted
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.outbox import publish
from relief_disbursement import store
from relief_disbursement.actions.take_for_review import take_for_review
from relief_disbursement.rules import application as rules
from relief_disbursement.rules.application import NOTICE, Application, Level


async def verify_application(tx: Tx, application_id: UUID, *, by: Caller) -> Application:
    application, level, at = await take_for_review(
        tx, application_id, by, wanted="verify", level=Level.VERIFY
    )
    posted = rules.post_notice(rules.verify(application, by=by.subject, at=at), at=at)
    await store.insert_review(tx, posted, level, "approve", by=by.subject, at=at)
    version = await store.save_application(tx, posted, events=2)
    await publish(
        tx,
        ApplicationVerified(**posted.facts, reviewer_id=by.subject),
        NoticePosted(**posted.facts, until=at + NOTICE),
        version=version,
        at=at,
    )
    return replace(posted, version=version)
