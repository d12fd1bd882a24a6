"""A resident, their delegate or a worker of their community files an application, as a draft or at once; it answers the
resident's request that waits for relief."""

from dataclasses import replace
from uuid import UUID

from event_contracts.relief_disbursement import ApplicationSubmitted
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.money import Money
from platform_kit.outbox import publish
from platform_kit.problems import NotFound
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_key
from registry_replica.permitted import permitted
from registry_replica.store import resident
from relief_disbursement import store
from relief_disbursement.policy import POLICY
from relief_disbursement.problems import AlreadyOpen
from relief_disbursement.rules import application as rules
from relief_disbursement.rules.application import Application
from relief_disbursement.rules.programme import require_currency
from relief_disbursement.rules.routed import answered_by_application
from relief_disbursement.rules.sealed import BANK_ACCOUNT, PAYEE_NAME, WORDS


async def file_application(
    tx: Tx,
    sealer: Sealer,
    *,
    programme_id: UUID,
    resident_id: UUID,
    asked: Money,
    words: str,
    payee_name: str,
    bank_account: str,
    submit: bool,
    request_id: UUID | None,
    by: Caller,
) -> Application:
    person = await resident(tx, resident_id)
    if person is None:
        raise NotFound(what="resident")
    at = await now(tx)
    on = await store.local_date(tx, person.unit_id, at)
    if not await permitted(tx, by, POLICY["file_application"], owner=person.id, unit=person.unit_id, at=at):
        raise NotFound(what="resident")
    programme = await store.programme_of_unit(tx, programme_id, person.unit_id)
    require_currency(programme, asked, field="asked")
    answers = answered_by_application(await store.waiting_requests(tx, resident_id), request_id)
    application = Application(
        id=new_id(),
        programme_id=programme_id,
        household_id=person.household_id,
        resident_id=resident_id,
        unit_id=person.unit_id,
        asked=asked,
        parties=tuple(dict.fromkeys((resident_id, by.subject))),
        request_id=answers.request_id if answers else None,
        request_version=answers.request_version if answers else None,
    )
    if submit:
        application = replace(rules.submit(application, by=by.subject, on=on, year=programme.year), version=1)
    key = await subject_key(tx, sealer, resident_id)
    filed = await store.insert_application(
        tx,
        application,
        words=key.seal(words, for_=WORDS),
        payee_name=key.seal(payee_name, for_=PAYEE_NAME),
        bank_account=key.seal(bank_account, for_=BANK_ACCOUNT),
        at=at,
    )
    if not filed:
        # Of two at once for one request the second is told so.
        answered_by_application(await store.waiting_requests(tx, resident_id), application.request_id)
        raise AlreadyOpen()
    if submit:
        submitted = ApplicationSubmitted(**application.facts, filed_by=by.subject, asked=asked)
        await publish(tx, submitted, version=application.version, at=at)
    return application
