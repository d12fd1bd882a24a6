"""Who takes what up: the rules as they are now, every version that there was, and the paid services that they can name."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load
from resident_requests.rules.routing import RoutingRule
from resident_requests.store.versions import save_version

_RULES = "SELECT r.*, u.code AS unit_code FROM routing_rule r LEFT JOIN unit u ON u.id = r.unit_id"
_OF_CATEGORY = "r.open AND (r.categories = '{{}}' OR {category} = ANY (r.categories))"

# For a wider statement: as JSON, all rules that could fit a request of the category `{category}`; null when none of them routes
# by itself, for then nobody asks them now.
AUTOMATIC = f"""(
    SELECT jsonb_agg(to_jsonb(rule)) FROM ({_RULES} WHERE {_OF_CATEGORY}) rule HAVING bool_or(rule.auto)
)"""


async def routing_rules(tx: Tx) -> list[RoutingRule]:
    rows = await tx.fetch(f"{_RULES} ORDER BY r.priority, r.code")
    return [rule for row in rows if (rule := load(RoutingRule, row))]


async def routing_rules_of(tx: Tx, category: str) -> list[RoutingRule]:
    """What could fit a request of this category."""
    rows = await tx.fetch(f"{_RULES} WHERE {_OF_CATEGORY.format(category='$1')}", category)
    return [rule for row in rows if (rule := load(RoutingRule, row))]


async def routing_rule(tx: Tx, code: str) -> RoutingRule | None:
    return load(RoutingRule, await tx.fetchrow(f"{_RULES} WHERE r.code = $1", code))


def read_rules(said: list[Mapping[str, Any]] | None) -> list[RoutingRule]:
    """From what AUTOMATIC gives."""
    read = [{**rule, "unit_id": UUID(rule["unit_id"]) if rule["unit_id"] else None} for rule in said or ()]
    return [rule for each in read if (rule := load(RoutingRule, each))]


async def lock_routing(tx: Tx) -> None:
    """One change of rules, or of the categories that they name, at a time."""
    await tx.execute("LOCK TABLE routing_rule_version IN SHARE ROW EXCLUSIVE MODE")


async def save_routing_rule(tx: Tx, rule: RoutingRule, set_by: UUID, at: datetime) -> None:
    """Its next version, and the one that holds."""
    content = {name: value for name, value in asdict(rule).items() if name != "unit_code"}
    await save_version(tx, "routing_rule", content, set_by=set_by, at=at)


async def service_offered(tx: Tx, code: str) -> bool:
    return bool(await tx.fetchval("SELECT true FROM offered_service WHERE code = $1", code))


async def insert_offered_service(tx: Tx, code: str) -> None:
    await tx.execute("INSERT INTO offered_service (code) VALUES ($1) ON CONFLICT DO NOTHING", code)
