"""What waited for the resident goes on, with as much time left as there was."""

from datetime import datetime
from typing import Literal

from event_contracts.resident_requests import RequestWentOn
from platform_kit.db import Tx
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.wind_clock import wind_clock
from resident_requests.rules import clocks
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request


async def go_on(tx: Tx, request: Request, at: datetime, *, by: Literal["answer", "silence"]) -> Request:
    clockwork = await store.clockwork(tx, request)
    going_on = rules.go_on(request, clocks.later_by_the_pause(request, clockwork.calendar, at))
    await wind_clock(tx, going_on, clockwork, at)
    return await record(tx, going_on, RequestWentOn, at, by=by)
