"""Routing over HTTP: the rules, and what they propose for one request."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from platform_kit.calls import SeenVersion
from platform_kit.edge import ByCaller, ForCaller, refusals
from platform_kit.problems import ChangedMeanwhile, NotFound, VersionMissing
from registry_replica.permitted import permitted
from resident_requests import actions, problems, store
from resident_requests import routing_schemas as schemas
from resident_requests.policy import POLICY
from resident_requests.rules.routing import RoutingRule

router = APIRouter(tags=["gateway"])

RuleCode = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


@router.get("/routing-rules", response_model=list[schemas.RoutingRuleView])
async def list_routing_rules(read: ForCaller) -> list[schemas.RoutingRuleView]:
    """In the order in which they are asked."""
    return [schemas.RoutingRuleView.model_validate(rule) for rule in await store.routing_rules(read.tx)]


@router.put("/routing-rules/{code}", response_model=schemas.RoutingRuleView,
            responses=refusals(problems.CategoryUnknown, ChangedMeanwhile, VersionMissing))  # fmt: skip
async def set_routing_rule(
    code: RuleCode, body: schemas.NewRoutingRule, command: ByCaller, version: SeenVersion
) -> Response:
    """A new one has been seen at version "0"."""
    said = body.model_dump(exclude={"categories", "urgencies"})
    wanted = RoutingRule(
        code=code, version=version, categories=tuple(body.categories), urgencies=tuple(body.urgencies), **said
    )
    rule = await actions.set_routing_rule(command.tx, wanted, by=command.caller)
    return command.answer(schemas.RoutingRuleView.model_validate(rule))


@router.get("/requests/{request_id}/routing", response_model=schemas.ProposalView, responses=refusals())
async def propose_route(request_id: UUID, read: ForCaller) -> schemas.ProposalView:
    """Where it goes when staff triage it without saying where."""
    request = await store.request(read.tx, request_id)
    if request is None or not await permitted(
        read.tx, read.caller, POLICY["propose_route"], unit=request.unit_id
    ):
        raise NotFound(what="request")
    category = await actions.category_of(read.tx, request)
    proposal = await actions.propose_route(read.tx, read.kit.sealer, request, category)
    return schemas.ProposalView.model_validate(proposal)
