"""Anybody signed in may object while an application is on public notice: it goes back to verification."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import NoticeObjected
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.outbox import publish
from platform_kit.problems import NotFound
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_key
from registry_replica.permitted import permitted
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.rules import application as rules
from relief_disbursement.rules.application import Application, State
from relief_disbursement.rules.sealed import OBJECTION


async def object_to_notice(
    tx: Tx, sealer: Sealer, application_id: UUID, words: str, *, by: Caller
) -> Application:
    """What is not on notice does not exist to a stranger."""
    async with as_system(tx):
        # Anybody's word reaches a stranger's application: the platform puts it back, the caller does not.
        try:
            application = await store.lock_application(tx, application_id)
        except NotFound:
            # The same words as for one that is there and not on notice.
            raise NotFound(what="notice") from None
        at = await now(tx)
        if application.state is not State.ON_NOTICE and not await permitted(
            tx, by, POLICY["read_application"], owner=application.resident_id, unit=application.unit_id, at=at
        ):
            raise NotFound(what="notice")
        back = rules.object_to(application, at=at)
        # The words are theirs who objects, and go with them.
        sealed = (await subject_key(tx, sealer, by.subject)).seal(words, for_=OBJECTION)
        await store.insert_objection(tx, application_id, application.round, sealed, by=by.subject, at=at)
        version = await store.save_application(tx, back, events=1)
    await publish(tx, NoticeObjected(**back.facts), version=version, at=at)
    return replace(back, version=version)
