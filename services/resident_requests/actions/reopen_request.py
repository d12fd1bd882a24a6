"""The resident says that it is not done, while the window for that is open."""

from datetime import timedelta
from uuid import UUID

from event_contracts.resident_requests import RequestReopened
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request


async def reopen_request(tx: Tx, request_id: UUID, *, window: timedelta, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["reopen_request"])
    reopened = rules.reopen(request, at=at, window=window)
    await clear_timer(tx, "silence", request_id)
    return await record(tx, reopened, RequestReopened, at, reopened_by=by.subject)
