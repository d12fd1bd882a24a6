"""Whoever took it up stepped back: it waits for another."""

from uuid import UUID

from event_contracts.resident_requests import RequestUnassigned
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import set_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules import request as rules
from resident_requests.rules.request import Answer
from resident_requests.rules.waiting import take_up_until


async def note_stepped_back(tx: Tx, request_id: UUID, answer: Answer) -> bool:
    """Whether it had been taken up by that."""
    request = await store.request_for_update(tx, request_id)
    if request is None or request.state is not rules.State.ASSIGNED or not rules.heeded(request, answer):
        return False
    at = await now(tx)
    waiting = rules.unassign(request)
    calendar = (await store.clockwork(tx, request)).calendar
    await set_timer(tx, "take_up", request_id, take_up_until(waiting, calendar, at))
    await record(tx, waiting, RequestUnassigned, at)
    return True
