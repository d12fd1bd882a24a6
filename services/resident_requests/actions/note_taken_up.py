"""A volunteer has accepted the task made of it, or a provider was given the order. A request that has gone another way meanwhile
stays where it is."""

from uuid import UUID

from event_contracts.resident_requests import RequestAssigned, Route
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules import request as rules


async def note_taken_up(
    tx: Tx, request_id: UUID, *, route: Route, assignee_id: UUID, order_id: UUID | None = None
) -> None:
    """`route`: whose answer that is."""
    request = await store.request_for_update(tx, request_id)
    if request is None or request.state is not rules.State.TRIAGED or request.route != route:
        return
    await clear_timer(tx, "take_up", request_id)
    assigned = rules.assign(request, assignee_id)
    kind = "volunteer" if route == "volunteers" else "staff"
    await record(
        tx,
        assigned,
        RequestAssigned,
        await now(tx),
        assignee_kind=kind,
        assignee_id=assignee_id,
        order_id=order_id,
    )
