"""Staff say who acts next; from then on somebody has to take it up in time."""

from datetime import datetime
from uuid import UUID

from event_contracts.resident_requests import RequestTriaged, Route
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.timers import set_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request


async def triage_request(
    tx: Tx,
    request_id: UUID,
    *,
    route: Route,
    skill: str | None,
    wanted: tuple[datetime | None, datetime | None],
    by: Caller,
) -> Request:
    request, at = await take(tx, request_id, by, POLICY["triage_request"])
    category = await store.category(tx, request.category)
    triaged = rules.triage(
        request,
        route=route,
        skill=skill or (category.skill if category else None),
        wanted_from=wanted[0],
        wanted_until=wanted[1],
        at=at,
    )
    await set_timer(tx, "take_up", request_id, rules.take_up_until(triaged, at))
    return await record(
        tx, triaged, RequestTriaged, at, case_number=triaged.case_number, category=triaged.category,
        route=route, skill=triaged.skill, wanted_from=triaged.wanted_from, wanted_until=triaged.wanted_until,
    )  # fmt: skip
