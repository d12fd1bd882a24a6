"""A promise has moved: its timer stands at the next instant at which one is missed; at once, where one is by now."""

from datetime import datetime

from platform_kit.db import Tx
from platform_kit.timers import set_timer
from resident_requests.rules.clocks import PROMISE_TIMER, next_look
from resident_requests.rules.request import Request
from resident_requests.store import Clockwork


async def wind_clock(tx: Tx, request: Request, clockwork: Clockwork, at: datetime) -> None:
    if following := next_look(request, clockwork.promise, clockwork.calendar, at):
        await set_timer(tx, PROMISE_TIMER, request.id, following)
