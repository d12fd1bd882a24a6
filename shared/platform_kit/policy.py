"""Who may do what: a service's `policy.py` is one table, operation × role → rule, and everything that asks follows it.

The edge lets in whose role has a rule; actions ask `permitted(…)`, or for the units that a list may show, by the same row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from platform_kit.auth import Caller, Post


class Rule(StrEnum):
    """With which rows. What a caller may not know of is 404 to them, never 403."""

    ANYBODY = "anybody, also who has not signed in"
    SIGNED_IN = "anybody who has signed in"
    OWN = "their own"
    OWN_OR_LET = "their own, and of whoever has let them act for them"
    ASSIGNED = "what is given to them to do"
    IN_UNITS = "what lies in the units that their post of this role reaches"
    ALL = "all there are"
    ALL_FROM_TOP = "all there are, by a post of this role at a unit of the top level"


ANYBODY, SIGNED_IN, OWN, OWN_OR_LET = Rule.ANYBODY, Rule.SIGNED_IN, Rule.OWN, Rule.OWN_OR_LET
ASSIGNED, IN_UNITS, ALL, ALL_FROM_TOP = Rule.ASSIGNED, Rule.IN_UNITS, Rule.ALL, Rule.ALL_FROM_TOP
ANY_ROLE = "any role, or none"


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table."""

    name: str
    rules: Mapping[str, frozenset[Rule]]

    @property
    def open_to_nobody(self) -> bool:
        """May it be asked without signing in?"""
        return ANYBODY in self.rules.get(ANY_ROLE, ())

    def lets_in(self, caller: Caller) -> bool:
        return bool(self.rules_for(caller))

    def rules_for(self, caller: Caller) -> frozenset[Rule]:
        """Of all roles that the caller has. One that asks for a post at the top is theirs only with such a post."""
        rules = frozenset[Rule]().union(
            *(rules for role, rules in self.rules.items() if role == ANY_ROLE or caller.has(role))
        )
        if ALL_FROM_TOP in rules and not self.top_posts(caller):
            return rules - {ALL_FROM_TOP}
        return rules

    def top_posts(self, caller: Caller) -> tuple[Post, ...]:
        """The caller's posts at units of the top level, of the roles with ALL_FROM_TOP."""
        roles = self.roles(ALL_FROM_TOP)
        return tuple(post for post in caller.posts if post.role in roles and post.at_top)

    def roles(self, rule: Rule) -> tuple[str, ...]:
        return tuple(role for role, rules in self.rules.items() if rule in rules)

    def unit_codes(self, caller: Caller) -> tuple[str, ...]:
        """Codes of the units whose subtrees the caller may do it in, by their posts of the roles with IN_UNITS."""
        return caller.unit_codes(*self.roles(IN_UNITS))


Policy = Mapping[str, Operation]
Rules = dict[str, Rule | tuple[Rule, ...]]
Row = Rule | Rules


def policy(table: Mapping[str, Row]) -> Policy:
    """The table, frozen. A rule alone holds for any role."""
    return MappingProxyType({name: Operation(name, _rules(row)) for name, row in table.items()})


def each(*roles: str, may: Rule | tuple[Rule, ...]) -> Rules:
    return dict.fromkeys(roles, may)


def _rules(row: Row) -> Mapping[str, frozenset[Rule]]:
    by_role = {ANY_ROLE: row} if isinstance(row, Rule) else row
    return MappingProxyType(
        {role: frozenset([rule] if isinstance(rule, Rule) else rule) for role, rule in by_role.items()}
    )


class PolicyIncomplete(Exception):
    """A service refuses to start whose table and operations do not agree."""


def compare(table: Policy, routers: Iterable[APIRouter]) -> None:
    """PolicyIncomplete: an operation without a row, a row without an operation, or an operation that asks nobody although its
    row is not for anybody."""
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    named = {operation_name(route.endpoint) for route in routes}
    faults = [f"{name}: no row" for name in sorted(named - table.keys())]
    faults += [f"{name}: no operation" for name in sorted(table.keys() - named)]
    for route in routes:
        row = table.get(operation_name(route.endpoint))
        if row is not None and not row.open_to_nobody and not _asks(route.dependant):
            faults.append(f"{row.name}: asks nobody")
    if faults:
        raise PolicyIncomplete("; ".join(faults))


def operation_name(endpoint: Any) -> str:
    return str(endpoint.__name__)


def asks_the_policy(dependency: Any) -> Any:
    """Marks a dependency that lets nobody pass whom the table does not let in."""
    dependency.asks_the_policy = True
    return dependency


def _asks(dependant: Dependant) -> bool:
    return getattr(dependant.call, "asks_the_policy", False) or any(map(_asks, dependant.dependencies))
