"""The tree of categories as it is now, and every version that there was."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from platform_kit.db import Tx
from resident_requests.rules.category import Category
from resident_requests.rules.questions import Kind, Option, Question
from resident_requests.store.versions import save_version


async def categories(tx: Tx) -> list[Category]:
    return [read_category(row) for row in await tx.fetch("SELECT * FROM category ORDER BY code")]


async def category(tx: Tx, code: str) -> Category | None:
    row = await tx.fetchrow("SELECT * FROM category WHERE code = $1", code)
    return read_category(row) if row else None


async def has_children(tx: Tx, code: str) -> bool:
    """Whether others stand under it."""
    return bool(await tx.fetchval("SELECT EXISTS (SELECT FROM category WHERE parent = $1)", code))


async def lock_categories(tx: Tx) -> None:
    """One change at a time: the tree is small, and a change looks at its neighbours."""
    await tx.execute("LOCK TABLE category_version IN SHARE ROW EXCLUSIVE MODE")


async def save_category(tx: Tx, category: Category, set_by: UUID, at: datetime) -> None:
    """Its next version, and the one that holds."""
    await save_version(tx, "category", asdict(category), set_by=set_by, at=at)


def read_category(row: asyncpg.Record) -> Category:
    """Of a row with all columns of `category`."""
    return Category(
        code=row["code"], version=row["version"], name_zh=row["name_zh"], name_en=row["name_en"], parent=row["parent"],
        route=row["route"], skill=row["skill"], private=row["private"], call=row["call"], open=row["open"],
        respond_hours=row["respond_hours"], resolve_hours=row["resolve_hours"], escalate_hours=row["escalate_hours"],
        questions=tuple(_question(question) for question in row["questions"]),
    )  # fmt: skip


def _question(said: Mapping[str, Any]) -> Question:
    options = tuple(Option(**option) for option in said["options"])
    return Question(**{**said, "kind": Kind(said["kind"]), "options": options})
