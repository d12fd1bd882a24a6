"""Whoever took it up has done it: resolved, until the resident confirms, disagrees, or says nothing for seven days."""

from uuid import UUID

from event_contracts.resident_requests import RequestResolved
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import set_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules import request as rules
from resident_requests.rules.request import Answer


async def note_done(tx: Tx, request_id: UUID, answer: Answer, *, by: UUID) -> None:
    request = await store.request_for_update(tx, request_id)
    if request is None or request.state not in rules.BEING_DONE or not rules.heeded(request, answer):
        return
    at = await now(tx)
    await set_timer(tx, "silence", request_id, at + rules.SILENCE)
    await record(tx, rules.resolve(request, at), RequestResolved, at, resolved_by=by)
