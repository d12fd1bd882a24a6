"""A volunteer has accepted the task made of it, a provider was given the order, or an application was handed in for it: they have to
begin in time. A request that has gone another way meanwhile stays where it is, and whoever has it already has it."""

from datetime import datetime
from uuid import UUID

from event_contracts.resident_requests import RequestAssigned
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import set_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules import request as rules
from resident_requests.rules.request import Answer
from resident_requests.rules.waiting import begin_until


async def note_taken_up(
    tx: Tx, request_id: UUID, answer: Answer, *, assignee_id: UUID, starts_at: datetime | None = None
) -> None:
    """`starts_at` is when they said that they would begin, None: as it is wanted."""
    request = await store.request_for_update(tx, request_id)
    if request is None or not rules.heeded(request, answer):
        return
    waits = request.state is rules.State.TRIAGED
    changes_hands = request.state is rules.State.ASSIGNED and request.taken_up_by == answer.work_id
    if not waits and not (changes_hands and request.assignee_id != assignee_id):
        return
    at = await now(tx)
    assigned = rules.assign(request, assignee_id, answer.work_id, at)
    calendar = (await store.clockwork(tx, request)).calendar
    await set_timer(tx, "take_up", request_id, begin_until(assigned, calendar, at, starts_at=starts_at))
    await record(
        tx,
        assigned,
        RequestAssigned,
        at,
        assignee_kind="volunteer" if answer.route == "volunteers" else "staff",
        assignee_id=assignee_id,
        order_id=answer.work_id if answer.route == "paid_service" else None,
        application_id=answer.work_id if answer.route == "relief" else None,
    )
