"""The end of every action by which somebody says that it is not done: what is promised then is promised anew."""

from datetime import datetime, timedelta

from event_contracts.resident_requests import RequestReopened
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.wind_clock import wind_clock
from resident_requests.rules import request as rules
from resident_requests.rules.clocks import promised
from resident_requests.rules.request import Request


async def open_again(
    tx: Tx, request: Request, at: datetime, *, window: timedelta, by: Caller, by_follower: bool = False
) -> Request:
    clockwork = await store.clockwork(tx, request)
    reopened = promised(
        rules.reopen(request, at=at, window=window), clockwork.promise, clockwork.calendar, at
    )
    await clear_timer(tx, "silence", request.id)
    await wind_clock(tx, reopened, clockwork, at)
    return await record(tx, reopened, RequestReopened, at, reopened_by=by.subject, by_follower=by_follower)
