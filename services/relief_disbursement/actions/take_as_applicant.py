"""Lock an application for somebody who may act for its resident; to everybody else it does not exist."""

from datetime import date, datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.policy import Operation
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted
from relief_disbursement import store
from relief_disbursement.rules.application import Application


async def take_as_applicant(
    tx: Tx, application_id: UUID, by: Caller, operation: Operation
) -> tuple[Application, datetime, date]:
    """The application, the instant after it was locked and that instant's date where the resident lives."""
    application = await store.lock_application(tx, application_id)
    at = await now(tx)
    on = await store.local_date(tx, application.unit_id, at)
    if not await permitted(tx, by, operation, owner=application.resident_id, unit=application.unit_id, at=at):
        raise NotFound(what="application")
    return application, at, on
