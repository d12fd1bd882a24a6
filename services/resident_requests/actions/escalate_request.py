"""Nobody took it up in time, nobody is left to ask, or whoever took it up does not come: the community's worker must look."""

from uuid import UUID

from event_contracts.resident_requests import RequestEscalated
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules import request as rules
from resident_requests.rules.request import Answer


async def escalate_request(tx: Tx, request_id: UUID, answer: Answer | None = None) -> None:
    """Once for each time that it waits for somebody: whichever comes first, the deadline or the volunteers' word, ends the other.
    `answer`: whose word it is, which says nothing of what was taken up."""
    request = await store.request_for_update(tx, request_id)
    waits = request is not None and request.state is rules.State.TRIAGED
    if (
        request is None
        or request.state not in (rules.State.TRIAGED, rules.State.ASSIGNED)
        or request.escalated
        or (answer is not None and not (waits and rules.heeded(request, answer)))
    ):
        return
    await clear_timer(tx, "take_up", request_id)
    escalated = rules.escalate(request)
    why = "not_taken_up" if waits else "not_begun"
    await record(tx, escalated, RequestEscalated, await now(tx), level="worker", why=why)
