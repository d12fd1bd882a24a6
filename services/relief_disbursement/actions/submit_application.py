"""Hand in a draft, or an application that was returned for evidence. It answers its resident's request as that waits now, also when
it was routed here once more since."""

from dataclasses import replace
from uuid import UUID

import asyncpg

from event_contracts.relief_disbursement import ApplicationSubmitted
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.outbox import publish
from relief_disbursement import store
from relief_disbursement.actions.take_as_applicant import take_as_applicant
from relief_disbursement.policy import POLICY
from relief_disbursement.problems import AppliedForAlready
from relief_disbursement.rules import application as rules
from relief_disbursement.rules.application import Application
from relief_disbursement.rules.routed import answers_now


async def submit_application(tx: Tx, application_id: UUID, *, by: Caller) -> Application:
    application, at, on = await take_as_applicant(tx, application_id, by, POLICY["submit_application"])
    programme = await store.read_programme(tx, application.programme_id)
    submitted = rules.submit(application, by=by.subject, on=on, year=programme.year)
    waiting = await store.waiting_requests(tx, application.resident_id)
    submitted = replace(submitted, request_version=answers_now(waiting, application))
    try:
        version = await store.save_application(tx, submitted, events=1)
    except asyncpg.UniqueViolationError as meanwhile:
        raise AppliedForAlready(field="request_id") from meanwhile
    event = ApplicationSubmitted(**submitted.facts, filed_by=by.subject, asked=submitted.asked)
    await publish(tx, event, version=version, at=at)
    return replace(submitted, version=version)
