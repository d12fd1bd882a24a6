"""Add a sealed note that supports an application."""

from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_key
from relief_disbursement import store
from relief_disbursement.actions.take_as_applicant import take_as_applicant
from relief_disbursement.policy import POLICY
from relief_disbursement.rules import application as rules
from relief_disbursement.rules.application import Application
from relief_disbursement.rules.sealed import EVIDENCE


async def add_evidence(tx: Tx, sealer: Sealer, application_id: UUID, note: str, *, by: Caller) -> Application:
    """No event: nobody outside learns of the note, and the application stands where it stood."""
    application, at, _ = await take_as_applicant(tx, application_id, by, POLICY["add_evidence"])
    rules.take_evidence(application)
    key = await subject_key(tx, sealer, application.resident_id)
    await store.insert_evidence(tx, application_id, key.seal(note, for_=EVIDENCE), by=by.subject, at=at)
    return application
