"""Staff give a request to one of them who works there, or to themselves: they have to begin in time."""

from uuid import UUID

from event_contracts.resident_requests import RequestAssigned
from platform_kit.auth import Caller
from platform_kit.db import Tx, as_system
from platform_kit.timers import set_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY, STAFF
from resident_requests.problems import NotOfItsStaff
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request
from resident_requests.rules.waiting import begin_until


async def assign_request(tx: Tx, request_id: UUID, assignee_id: UUID, *, by: Caller) -> Request:
    """Whoever else was asked, or had it, is not waited for any more. That the caller works there their own post has said."""
    request, at = await take(tx, request_id, by, POLICY["assign_request"])
    if assignee_id != by.subject:
        # Who is appointed where is shown to nobody here; whether this one person is there is.
        async with as_system(tx):
            if not await store.works_at(tx, assignee_id, request.unit_id, STAFF, at):
                raise NotOfItsStaff(field="assignee_id")
    given = rules.give(request, assignee_id, at)
    calendar = (await store.clockwork(tx, request)).calendar
    await set_timer(tx, "take_up", request_id, begin_until(given, calendar, at))
    return await record(tx, given, RequestAssigned, at, assignee_kind="staff", assignee_id=assignee_id)
