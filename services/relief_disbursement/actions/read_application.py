"""One application: in full for its resident and whoever acts for them, masked for the officers of its unit."""

from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from platform_kit.sealing import Sealer
from registry_replica.permitted import permitted
from relief_disbursement import store
from relief_disbursement.actions.open_application import open_application
from relief_disbursement.policy import POLICY
from relief_disbursement.rules.application import Application
from relief_disbursement.rules.opened import Opened


async def read_application(
    tx: Tx, sealer: Sealer, application_id: UUID, *, by: Caller
) -> tuple[Application, Opened]:
    """An officer whom the resident has let act for them reads as the resident does."""
    application = await store.read_application(tx, application_id)
    operation = POLICY["read_application"]
    theirs = await permitted(tx, by, operation, owner=application.resident_id, at=await now(tx))
    if not theirs and not await permitted(tx, by, operation, unit=application.unit_id):
        raise NotFound(what="application")
    opened = await open_application(tx, sealer, application)
    return application, opened if theirs else opened.masked
