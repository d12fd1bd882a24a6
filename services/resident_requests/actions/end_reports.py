"""What ended at the city ends here: its clocks stop, whoever was asked for it is told so by its one event, and nobody else is. Where
others asked for the same the city has not decided for them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from event_contracts.base import EventPayload
from event_contracts.resident_requests import RequestRejected, RequestResolved, RequestWithdrawn
from platform_kit.db import Tx, as_system
from platform_kit.outbox import publish_all
from platform_kit.timers import clear_timers, set_first_timers
from resident_requests import store
from resident_requests.rules.city_report import Report
from resident_requests.rules.clocks import PROMISE_TIMER
from resident_requests.rules.request import OPEN, SILENCE, Request, State, end_elsewhere


async def end_reports(tx: Tx, reports: Mapping[UUID, Report], by: UUID, at: datetime) -> None:
    """By their ids, all at once. A report lies where it lay when it came, also where an area is mapped elsewhere by now. What is
    resolved is closed by silence as everything is: who follows it may say that it is not done."""
    if not reports:
        return
    async with as_system(tx):
        found = await store.requests_for_update(tx, list(reports))
        joined = await store.have_joined(tx, [each.id for each in found])
        over = [
            end_elsewhere(each, reports[each.id].state, at, joined=each.id in joined)
            for each in found
            if each.state in OPEN
        ]
        versions = await store.save_ended(tx, [(each, reports[each.id]) for each in over])
        ids = [each.id for each in over]
        await clear_timers(tx, (PROMISE_TIMER, "take_up", "unanswered"), ids)
        silence = [each.id for each in over if each.state is State.RESOLVED]
        await set_first_timers(tx, "silence", dict.fromkeys(silence, at + SILENCE))
    await publish_all(tx, [(_told(each, by), versions[each.id]) for each in over], at=at)


def _told(request: Request, by: UUID) -> EventPayload:
    about = {"request_id": request.id, "resident_id": request.resident_id, "unit_id": request.unit_id}
    if request.state is State.WITHDRAWN:
        return RequestWithdrawn.model_validate(about | {"withdrawn_by": by})
    if request.state is State.REJECTED:
        return RequestRejected.model_validate(about | {"reason": "declined"})
    return RequestResolved.model_validate(about | {"resolved_by": by})
