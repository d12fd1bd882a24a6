"""A district, street office or community enters the tree."""

import asyncpg

from community_registry import store
from community_registry.problems import CodeTaken
from community_registry.rules.unit import Unit, place
from event_contracts.community_registry import UnitOpened
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.outbox import publish
from platform_kit.problems import NotFound


async def open_unit(tx: Tx, unit: Unit) -> Unit:
    parent = await store.unit(tx, unit.parent_id) if unit.parent_id else None
    if unit.parent_id and parent is None:
        raise NotFound(what="unit", field="parent_id")
    placed = place(unit, parent)
    at = await now(tx)
    try:
        await store.insert_unit(tx, placed, at)
    except asyncpg.UniqueViolationError as taken:
        raise CodeTaken(field="code", code=unit.code) from taken
    opened = UnitOpened(
        unit_id=placed.id, parent_id=placed.parent_id, kind=placed.kind, code=placed.code,
        name=placed.name, zone=placed.zone,
    )  # fmt: skip
    await publish(tx, opened, version=1, at=at)
    return placed
