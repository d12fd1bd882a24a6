"""The resident says that it is not done, while the window for that is open; what is promised then is promised anew."""

from datetime import timedelta
from uuid import UUID

from event_contracts.resident_requests import RequestReopened
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.actions.wind_clock import wind_clock
from resident_requests.policy import POLICY
from resident_requests.rules import request as rules
from resident_requests.rules.clocks import promised
from resident_requests.rules.request import Request


async def reopen_request(tx: Tx, request_id: UUID, *, window: timedelta, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["reopen_request"])
    clockwork = await store.clockwork(tx, request)
    reopened = promised(
        rules.reopen(request, at=at, window=window), clockwork.promise, clockwork.calendar, at
    )
    await clear_timer(tx, "silence", request_id)
    await wind_clock(tx, reopened, clockwork, at)
    return await record(tx, reopened, RequestReopened, at, reopened_by=by.subject)
