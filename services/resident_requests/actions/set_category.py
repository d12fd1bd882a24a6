"""A category gets its next version, or is there for the first time; what was filed before keeps the version that it had."""

from dataclasses import replace

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.problems import ChangedMeanwhile, InvalidInput, Text
from resident_requests import store
from resident_requests.actions.hide_requests import hide_requests
from resident_requests.rules.category import Category, placed
from resident_requests.rules.routing import orphaned

_ROUTED = Text(
    "The routing rule {rule} asks for an option that would be gone: change the rule first.",
    "分办规则“{rule}”用到的选项将不存在,请先修改该规则。",
)


async def set_category(tx: Tx, category: Category, *, by: Caller) -> Category:
    """`category.version` is the one that the sender saw, 0 when they saw none."""
    await store.lock_categories(tx)
    known = await store.category(tx, category.code)
    there = known.version if known else 0
    if category.version != there:
        raise ChangedMeanwhile(version=there)
    parent = await store.category(tx, category.parent) if category.parent else None
    placed(category, parent, has_children=await store.has_children(tx, category.code))
    await store.lock_routing(tx)
    naming = [rule for rule in await store.routing_rules_of(tx, category.code) if rule.categories]
    if (rule := orphaned(naming, category)) is not None:
        raise InvalidInput(field="questions", reason=_ROUTED, rule=rule.code)
    at, following = await now(tx), replace(category, version=there + 1)
    await store.save_category(tx, following, by.subject, at)
    if known is not None and category.private and not known.private:
        async with as_system(tx):
            await hide_requests(tx, await store.lock_followed(tx, category.code), at)
    return following
