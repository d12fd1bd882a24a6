"""The volunteer has checked in, the provider has begun."""

from uuid import UUID

from event_contracts.resident_requests import RequestStarted, Route
from platform_kit.clock import now
from platform_kit.db import Tx
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules import request as rules


async def note_started(tx: Tx, request_id: UUID, *, route: Route) -> None:
    request = await store.request_for_update(tx, request_id)
    if request is not None and request.state is rules.State.ASSIGNED and request.route == route:
        await record(tx, rules.start(request), RequestStarted, await now(tx))
