"""The resident no longer needs it. Where others asked for the same it is theirs as well: staff end it."""

from uuid import UUID

from event_contracts.resident_requests import RequestWithdrawn
from platform_kit.auth import Caller
from platform_kit.db import Tx, as_system
from platform_kit.timers import clear_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.problems import OthersConcerned
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request


async def withdraw_request(tx: Tx, request_id: UUID, *, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["withdraw_request"])
    async with as_system(tx):
        if await store.concerns_others(tx, request):
            raise OthersConcerned
    await clear_timer(tx, "take_up", request_id)
    return await record(tx, rules.withdraw(request), RequestWithdrawn, at, withdrawn_by=by.subject)
