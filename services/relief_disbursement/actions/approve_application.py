"""Third level: the district grants an amount per month and commits the budget of the months that are left."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import ApplicationApproved
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.money import Money
from platform_kit.outbox import publish
from relief_disbursement import store
from relief_disbursement.actions.take_for_review import take_for_review
from relief_disbursement.rules import application as rules
from relief_disbursement.rules import programme as budget
from relief_disbursement.rules.application import Application, Level


async def approve_application(
    tx: Tx, application_id: UUID, *, by: Caller, granted: Money | None = None
) -> Application:
    """The application is decided before the programme is locked: a refusal holds nobody up."""
    application, level, at = await take_for_review(
        tx, application_id, by, wanted="approve", level=Level.APPROVE
    )
    programme = await store.read_programme(tx, application.programme_id)
    if granted is not None:
        budget.require_currency(programme, granted, field="granted")
    approved = rules.approve(
        application, by=by.subject, at=at, monthly_cap=programme.monthly, granted=granted
    )
    amount, from_on = approved.entitlement
    programme = await store.lock_programme(tx, application.programme_id)
    await store.save_money(tx, budget.promise(programme, amount, from_on))
    await store.insert_review(tx, approved, level, "approve", by=by.subject, at=at)
    version = await store.save_application(tx, approved, events=1)
    event = ApplicationApproved(**approved.facts, reviewer_id=by.subject, granted=amount, from_on=from_on)
    await publish(tx, event, version=version, at=at)
    return replace(approved, version=version)
