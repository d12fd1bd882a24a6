"""What is changed as a whole and keeps every version that it had: categories, routing rules."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from platform_kit.db import Tx


async def save_version(tx: Tx, table: str, content: Mapping[str, Any], *, set_by: UUID, at: datetime) -> None:
    """`content` by column, with its `code` and `version`: the one that holds, and another row of `<table>_version`."""
    places = ", ".join(f"${number}" for number in range(1, len(content) + 1))
    changed = ", ".join(f"{name} = excluded.{name}" for name in content if name != "code")
    await tx.execute(
        f"INSERT INTO {table} ({', '.join(content)}) VALUES ({places}) ON CONFLICT (code) DO UPDATE SET {changed}",
        *content.values(),
    )
    await tx.execute(
        f"INSERT INTO {table}_version (code, version, content, set_by, at) VALUES ($1, $2, $3, $4, $5)",
        content["code"],
        content["version"],
        content,
        set_by,
        at,
    )
