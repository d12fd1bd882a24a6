"""Somebody, or a rule, has said who takes it up: they are told, and from then on have to in time."""

from datetime import datetime

from event_contracts.resident_requests import RequestTriaged
from platform_kit.db import Tx
from platform_kit.timers import set_timer
from platform_kit.working_time import WorkCalendar
from resident_requests.actions.record import record
from resident_requests.rules import request as rules
from resident_requests.rules.category import Category
from resident_requests.rules.request import Request
from resident_requests.rules.routing import Proposal
from resident_requests.rules.waiting import take_up_until


async def route_request(
    tx: Tx,
    request: Request,
    category: Category,
    proposal: Proposal,
    calendar: WorkCalendar,
    at: datetime,
    *,
    looked_at: bool = True,
    planned: tuple[datetime | None, datetime | None] = (None, None),
) -> Request:
    """The request's lock is held, or it is new. `calendar` is its unit's; `looked_at`: somebody did, and not a rule alone."""
    triaged = rules.triage(
        request,
        route=proposal.route,
        skill=proposal.skill or category.skill,
        planned_from=planned[0],
        planned_until=planned[1],
        at=at,
        calendar=calendar,
        looked_at=looked_at,
        category_version=category.version,
        rule=proposal.rule,
        rule_version=proposal.rule_version,
    )
    await set_timer(tx, "take_up", request.id, take_up_until(triaged, calendar, at))
    return await record(
        tx, triaged, RequestTriaged, at, case_number=triaged.case_number, category=triaged.category,
        route=triaged.route, skill=triaged.skill, wanted_from=triaged.planned_from, wanted_until=triaged.planned_until,
        service=proposal.service,
    )  # fmt: skip
