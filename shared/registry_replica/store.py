"""Questions to the replica. It may lag: what it does not know yet is None, and the caller is told to try again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.rows import load


@dataclass(frozen=True, slots=True)
class Unit:
    id: UUID
    parent_id: UUID | None
    kind: str
    code: str
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class Resident:
    id: UUID
    household_id: UUID
    unit_id: UUID


@dataclass(frozen=True, slots=True)
class Household:
    id: UUID
    unit_id: UUID
    members: int


async def unit(tx: Tx, unit_id: UUID) -> Unit | None:
    return load(Unit, await tx.fetchrow("SELECT * FROM unit WHERE id = $1", unit_id))


async def resident(tx: Tx, resident_id: UUID) -> Resident | None:
    return load(Resident, await tx.fetchrow("SELECT * FROM resident WHERE id = $1", resident_id))


async def household(tx: Tx, household_id: UUID) -> Household | None:
    return load(Household, await tx.fetchrow("SELECT * FROM household WHERE id = $1", household_id))


# What the resident $1 has consented to, as far as it still holds at $2 on the day that their unit's calendar shows.
_CONSENTED = """
    FROM consent c LEFT JOIN resident r ON r.id = c.resident_id LEFT JOIN unit u ON u.id = r.unit_id
    WHERE c.resident_id = $1 AND (
        c.until_on IS NULL OR c.until_on >= ($2::timestamptz AT TIME ZONE coalesce(u.zone, 'UTC'))::date
    )
"""


async def delegate_of(tx: Tx, resident_id: UUID, delegate_id: UUID, at: datetime) -> bool:
    """Has the resident let that person act for them, and does it still hold on the day that their unit's calendar shows?"""
    found = await tx.fetchval(
        f"SELECT true {_CONSENTED} AND c.delegate_id = $3",
        resident_id,
        at,
        delegate_id,
    )
    return bool(found)


async def delegates_of(tx: Tx, resident_id: UUID, at: datetime) -> list[UUID]:
    """Everybody who may act for the resident then."""
    rows = await tx.fetch(f"SELECT c.delegate_id {_CONSENTED}", resident_id, at)
    return [row["delegate_id"] for row in rows]


async def within(tx: Tx, caller: Caller, unit_id: UUID, *roles: str) -> bool:
    """Does one of the caller's posts of these roles (any role if none is named) reach that unit?"""
    posts = [post.unit_code for post in caller.posts if not roles or post.role in roles]
    found = await tx.fetchval(
        f"SELECT true FROM unit WHERE id = $1 AND {SUBTREE.format(code='code', prefixes='$2')}",  # noqa: S608
        unit_id,
        posts,
    )
    return bool(found)


async def units_within(tx: Tx, unit_ids: Collection[UUID], codes: Sequence[str]) -> bool:
    """Does each of these units lie in one of the subtrees of these codes?"""
    wanted = set(unit_ids)
    found: int = await tx.fetchval(
        f"SELECT count(*) FROM unit WHERE id = ANY($1) AND {SUBTREE.format(code='code', prefixes='$2')}",  # noqa: S608
        list(wanted),
        list(codes),
    )
    return found == len(wanted)


# A condition for wider queries: does the unit code `{code}` lie in one of the subtrees `{prefixes}` (text[])?
SUBTREE = (
    "EXISTS (SELECT FROM unnest({prefixes}::text[]) p WHERE {code} = p OR starts_with({code}, p || '/'))"
)
