"""The tree of units: when each is at work, and where it lies."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from community_registry.rules.unit import Unit
from platform_kit.db import Tx
from platform_kit.rows import load


async def units(tx: Tx) -> list[Unit]:
    rows = await tx.fetch("SELECT id, parent_id, kind, code, name, zone FROM unit ORDER BY code")
    return [unit for row in rows if (unit := load(Unit, row))]


async def unit(tx: Tx, unit_id: UUID) -> Unit | None:
    return load(Unit, await tx.fetchrow("SELECT * FROM unit WHERE id = $1", unit_id))


async def insert_unit(tx: Tx, unit: Unit, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO unit (id, parent_id, kind, code, name, zone, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7)
        """,
        unit.id,
        unit.parent_id,
        unit.kind,
        unit.code,
        unit.name,
        unit.zone,
        at,
    )


async def save_calendar(tx: Tx, unit_id: UUID, content: Mapping[str, Any]) -> int:
    """The unit's next version; its row stays locked."""
    return await _save_content(tx, "work_calendar", unit_id, content)


async def save_place(tx: Tx, unit_id: UUID, content: Mapping[str, Any]) -> int:
    """The same."""
    return await _save_content(tx, "unit_place", unit_id, content)


async def place(tx: Tx, unit_id: UUID) -> dict[str, Any] | None:
    found: dict[str, Any] | None = await tx.fetchval(
        "SELECT content FROM unit_place WHERE unit_id = $1", unit_id
    )
    return found


async def _save_content(tx: Tx, table: str, unit_id: UUID, content: Mapping[str, Any]) -> int:
    version: int = await tx.fetchval(
        "UPDATE unit SET version = version + 1 WHERE id = $1 RETURNING version", unit_id
    )
    await tx.execute(
        f"""
        INSERT INTO {table} (unit_id, content) VALUES ($1, $2)
        ON CONFLICT (unit_id) DO UPDATE SET content = excluded.content
        """,
        unit_id,
        content,
    )
    return version
