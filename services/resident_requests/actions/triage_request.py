"""Staff say who acts next, or that the rules are right about it."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from event_contracts.resident_requests import Route
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import InvalidInput, Text
from platform_kit.sealing import Sealer
from resident_requests import store
from resident_requests.actions.category_of import category_of
from resident_requests.actions.propose_route import propose_route
from resident_requests.actions.route_request import route_request
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules.request import Request
from resident_requests.rules.routing import Proposal

_NO_SERVICE = Text("There is no such paid service to ask.", "没有可预约的该项低偿服务。")


async def triage_request(
    tx: Tx,
    sealer: Sealer,
    request_id: UUID,
    *,
    route: Route | None,
    skill: str | None,
    service: str | None,
    planned: tuple[datetime | None, datetime | None],
    by: Caller,
) -> Request:
    """Without a `route` it goes where the rules say."""
    request, at = await take(tx, request_id, by, POLICY["triage_request"])
    if service is not None and (route != "paid_service" or not await store.service_offered(tx, service)):
        raise InvalidInput(field="service", reason=_NO_SERVICE)
    category = await category_of(tx, request)
    if route is None:
        proposal = await propose_route(tx, sealer, request, category)
        proposal = replace(proposal, skill=skill or proposal.skill)
    else:
        proposal = Proposal(route, skill, service)
    calendar = (await store.clockwork(tx, request)).calendar
    return await route_request(tx, request, category, proposal, calendar, at, planned=planned)
