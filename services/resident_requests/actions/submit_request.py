"""A resident asks for help, or somebody who may asks for them."""

from datetime import datetime
from uuid import UUID

from event_contracts.resident_requests import RequestSubmitted
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.outbox import publish
from platform_kit.problems import InvalidInput, NotFound, Text
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import key_to_seal
from registry_replica.permitted import permitted
from resident_requests import store
from resident_requests.policy import POLICY
from resident_requests.problems import CategoryUnknown, WantedTimeEndsEarly
from resident_requests.rules.clocks import first_deadline, promised
from resident_requests.rules.request import Request, State
from resident_requests.rules.sealed import ADDRESS, WORDS

_FUTURE = Text("It cannot have happened in the future.", "发生时间不能晚于现在。")


async def submit_request(
    tx: Tx,
    sealer: Sealer,
    *,
    category: str,
    words: str,
    address: str | None,
    point: tuple[float | None, float | None],
    resident_id: UUID,
    wanted: tuple[datetime | None, datetime | None],
    occurred_at: datetime | None,
    by: Caller,
) -> Request:
    found = await store.filing(tx, resident_id, category)
    whose, at = found.whose, found.at
    if whose is None or not await permitted(
        tx, by, POLICY["submit_request"], owner=whose.id, unit=whose.unit_id, at=at
    ):
        raise NotFound(what="resident", field="resident_id")
    if found.clockwork is None:
        raise CategoryUnknown(field="category", category=category)
    if wanted[0] and wanted[1] and wanted[1] <= wanted[0]:
        raise WantedTimeEndsEarly(field="wanted_until")
    if occurred_at is not None and occurred_at > at:
        raise InvalidInput(field="occurred_at", reason=_FUTURE)
    filed = Request(
        id=new_id(), case_number=found.case_number, resident_id=resident_id, filed_by=by.subject, unit_id=whose.unit_id,
        category=category, state=State.SUBMITTED, route=None, skill=None, wanted_from=wanted[0],
        wanted_until=wanted[1], assignee_id=None, resolved_at=None, occurred_at=occurred_at or at, version=1,
    )  # fmt: skip
    request = promised(filed, found.clockwork.promise, found.clockwork.calendar, at)
    key = await key_to_seal(tx, sealer, found.key)
    await store.insert_request(
        tx,
        request,
        missed_at=first_deadline(request),
        words=key.seal(words, for_=WORDS),
        address=key.seal(address, for_=ADDRESS) if address else None,
        point=point,
        at=at,
    )
    submitted = RequestSubmitted(
        request_id=request.id, resident_id=resident_id, unit_id=whose.unit_id, case_number=found.case_number,
        category=category, filed_by=by.subject, occurred_at=request.occurred_at,
    )  # fmt: skip
    await publish(tx, submitted, version=1, at=at)
    return request
