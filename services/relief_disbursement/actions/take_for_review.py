"""Lock an application for the officer whose level it waits for."""

from datetime import datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.problems import NotFound, NotYours
from registry_replica.permitted import permitted
from registry_replica.store import within
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.rules.application import POST_OF, Application, Level, waits_for


async def take_for_review(
    tx: Tx, application_id: UUID, by: Caller, *, wanted: str, level: Level | None = None
) -> tuple[Application, Level, datetime]:
    """Out of the caller's units it does not exist; within them, only the post of the level decides.

    `level` is the level that the caller means, or the one that the application waits for.
    """
    application = await store.lock_application(tx, application_id)
    if not await permitted(tx, by, POLICY["decide_applications"], unit=application.unit_id):
        raise NotFound(what="application")
    at = await now(tx)
    level = level or waits_for(application, wanted)
    if not await within(tx, by, application.unit_id, POST_OF[level]):
        raise NotYours()
    return application, level, at
