"""Whoever took it up has done it: resolved, until the resident confirms, disagrees, or says nothing for seven days."""

from uuid import UUID

from event_contracts.resident_requests import RequestResolved, Route
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import set_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules import request as rules


async def note_done(tx: Tx, request_id: UUID, *, route: Route, by: UUID) -> None:
    request = await store.request_for_update(tx, request_id)
    if request is None or request.state not in rules.BEING_DONE or request.route != route:
        return
    at = await now(tx)
    await set_timer(tx, "silence", request_id, at + rules.SILENCE)
    await record(tx, rules.resolve(request, at), RequestResolved, at, resolved_by=by)
