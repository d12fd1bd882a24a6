"""Staff begin to work on it themselves."""

from uuid import UUID

from event_contracts.resident_requests import RequestStarted
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request


async def start_request(tx: Tx, request_id: UUID, *, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["start_request"])
    await clear_timer(tx, "take_up", request_id)
    begun = rules.start_themselves(request, by.subject, at)
    return await record(tx, begun, RequestStarted, at, by="staff", assignee_id=by.subject)
