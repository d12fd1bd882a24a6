"""Hand in a draft, or an application that was returned for evidence."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import ApplicationSubmitted
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.outbox import publish
from relief_disbursement import store
from relief_disbursement.actions.take_as_applicant import take_as_applicant
from relief_disbursement.policy import POLICY
from relief_disbursement.rules import application as rules
from relief_disbursement.rules.application import Application


async def submit_application(tx: Tx, application_id: UUID, *, by: Caller) -> Application:
    application, at, on = await take_as_applicant(tx, application_id, by, POLICY["submit_application"])
    programme = await store.read_programme(tx, application.programme_id)
    submitted = rules.submit(application, by=by.subject, on=on, year=programme.year)
    version = await store.save_application(tx, submitted, events=1)
    event = ApplicationSubmitted(**submitted.facts, filed_by=by.subject, asked=submitted.asked)
    await publish(tx, event, version=version, at=at)
    return replace(submitted, version=version)
