"""A volunteer has accepted the task made of it, or a provider was given the order. A request that has gone another way meanwhile
stays where it is."""

from uuid import UUID

from event_contracts.resident_requests import RequestAssigned
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules import request as rules
from resident_requests.rules.request import Answer


async def note_taken_up(tx: Tx, request_id: UUID, answer: Answer, *, assignee_id: UUID) -> None:
    request = await store.request_for_update(tx, request_id)
    if request is None or request.state is not rules.State.TRIAGED or not rules.heeded(request, answer):
        return
    await clear_timer(tx, "take_up", request_id)
    at = await now(tx)
    assigned = rules.assign(request, assignee_id, answer.work_id, at)
    volunteer = answer.route == "volunteers"
    await record(
        tx,
        assigned,
        RequestAssigned,
        at,
        assignee_kind="volunteer" if volunteer else "staff",
        assignee_id=assignee_id,
        order_id=None if volunteer else answer.work_id,
    )
