"""A promise was missed: the street is told, and later the district; of each breach each of them once."""

from uuid import UUID

from event_contracts.resident_requests import RequestEscalated
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import set_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules.clocks import PROMISE_TIMER, next_deadline, overdue


async def escalate_overdue(tx: Tx, request_id: UUID) -> None:
    """What was answered, solved or put aside meanwhile is not missed any more: the timer finds nothing."""
    request = await store.request_for_update(tx, request_id)
    if request is None:
        return
    at = await now(tx)
    clockwork = await store.clockwork(tx, request)
    for breach in overdue(request, clockwork.promise, clockwork.calendar, at):
        if await store.insert_breach(tx, request, breach, at):
            request = await record(
                tx, request, RequestEscalated, at, level=breach.level, why=f"{breach.clock}_overdue"
            )
    if following := next_deadline(request, clockwork.promise, clockwork.calendar, at):
        await set_timer(tx, PROMISE_TIMER, request_id, following)
