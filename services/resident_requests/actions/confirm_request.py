"""The resident says that it is done."""

from uuid import UUID

from event_contracts.resident_requests import RequestClosed
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request


async def confirm_request(tx: Tx, request_id: UUID, *, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["confirm_request"])
    await clear_timer(tx, "silence", request_id)
    return await record(tx, rules.close(request), RequestClosed, at, by="resident", closed_by=by.subject)
