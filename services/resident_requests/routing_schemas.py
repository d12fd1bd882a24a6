"""Bodies and answers of routing."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from event_contracts.resident_requests import Route
from platform_kit.schemas import Body, View
from resident_requests.rules.emergency import Urgency
from resident_requests.schemas import Code


def _each_once(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise ValueError("one stands there twice")
    return values


class NewRoutingRule(Body):
    """All of it. Of several that fit a request the one with the lowest `priority` counts.

    `unit_id`: it holds there and below; none: everywhere. `categories` and `urgencies`: one of these; none: any. `answers`: each
    of these questions of each of these categories was answered by that option. `auto`: it is routed as soon as it is filed.
    """

    priority: Annotated[int, Field(ge=0, le=10_000)]
    unit_id: UUID | None = None
    categories: Annotated[list[Code], Field(max_length=100), AfterValidator(_each_once)] = Field(
        default_factory=list
    )
    urgencies: Annotated[list[Urgency], Field(max_length=3), AfterValidator(_each_once)] = Field(
        default_factory=list
    )
    answers: Annotated[dict[Code, Code], Field(max_length=20)] = Field(default_factory=dict)
    route: Route
    skill: Code | None = None
    service: Code | None = None
    auto: bool = False
    open: bool = True


class RoutingRuleView(View):
    code: str
    version: int
    priority: int
    unit_id: UUID | None
    categories: tuple[str, ...]
    urgencies: tuple[str, ...]
    answers: dict[str, str]
    route: str
    skill: str | None
    service: str | None
    auto: bool
    open: bool


class ProposalView(View):
    """Who should take it up. `rule` and its version say by what; without one, its category does."""

    route: str
    skill: str | None
    service: str | None
    rule: str | None
    rule_version: int | None
