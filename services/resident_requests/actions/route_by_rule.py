"""What has just come goes where a rule sends it by itself, whoever filed it and wherever it lies."""

from collections.abc import Sequence
from datetime import datetime

from platform_kit.db import Tx, as_system
from platform_kit.working_time import WorkCalendar
from resident_requests.actions.route_request import route_request
from resident_requests.rules.category import Category
from resident_requests.rules.request import Request
from resident_requests.rules.routing import Facts, RoutingRule, propose


async def route_by_rule(
    tx: Tx,
    request: Request,
    category: Category,
    rules: Sequence[RoutingRule],
    facts: Facts,
    calendar: WorkCalendar,
    at: datetime,
) -> Request:
    """By the district's rule, as the platform. Without one that is automatic it stays where it is, and staff triage it."""
    proposal = propose(rules, facts, category)
    if not proposal.auto:
        return request
    async with as_system(tx):
        return await route_request(tx, request, category, proposal, calendar, at, looked_at=False)
