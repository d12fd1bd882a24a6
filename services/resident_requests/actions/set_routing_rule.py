"""A rule of routing gets its next version, or is there for the first time. What was routed keeps the version that routed it."""

from dataclasses import replace

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.problems import ChangedMeanwhile, NotFound
from registry_replica.permitted import permitted
from registry_replica.store import unit
from resident_requests import store
from resident_requests.policy import POLICY
from resident_requests.rules.routing import RoutingRule, checked


async def set_routing_rule(tx: Tx, rule: RoutingRule, *, by: Caller) -> RoutingRule:
    """`rule.version` is the one that the sender saw, 0 when they saw none. Whose posts do not reach a rule's unit neither take
    the rule from it nor give it one."""
    await store.lock_categories(tx)
    await store.lock_routing(tx)
    known = await store.routing_rule(tx, rule.code)
    for each in (known, rule):
        if each is not None and not await permitted(tx, by, POLICY["set_routing_rule"], unit=each.unit_id):
            raise NotFound(what="unit", field="unit_id")
    if rule.unit_id is not None and await unit(tx, rule.unit_id) is None:
        raise NotFound(what="unit", field="unit_id")
    there = known.version if known else 0
    if rule.version != there:
        raise ChangedMeanwhile(version=there)
    named = {code: await store.category(tx, code) for code in rule.categories}
    checked(
        rule,
        named,
        service_known=rule.service is not None and await store.service_offered(tx, rule.service),
    )
    at, following = await now(tx), replace(rule, version=there + 1)
    await store.save_routing_rule(tx, following, by.subject, at)
    return following
