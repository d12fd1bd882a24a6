"""Keys of applications that file reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load
from registry_replica.store import SUBTREE

_COLUMNS = "k.id, k.name, k.unit_id, k.per_hour, k.issued_by, k.issued_at, k.withdrawn_at"


@dataclass(frozen=True, slots=True)
class Open311Key:
    """The key itself is nowhere: whoever has it was told it once."""

    id: UUID
    name: str
    unit_id: UUID
    per_hour: int
    issued_by: UUID
    issued_at: datetime
    withdrawn_at: datetime | None = None


async def insert_key(tx: Tx, key: Open311Key, digest: bytes) -> None:
    await tx.execute(
        """
        INSERT INTO open311_key (id, name, digest, unit_id, per_hour, issued_by, issued_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        key.id,
        key.name,
        digest,
        key.unit_id,
        key.per_hour,
        key.issued_by,
        key.issued_at,
    )


async def use_key(tx: Tx, digest: bytes, at: datetime) -> tuple[Open311Key, datetime] | None:
    """One report more by the key of this digest, which stays locked; and until when what it may file is used up. None for a key
    that there is not, or not any more."""
    row = await tx.fetchrow(
        f"""
        UPDATE open311_key k SET used_until = greatest(coalesce(k.used_until, $2), $2) + interval '1 hour' / k.per_hour
        WHERE k.digest = $1 AND k.withdrawn_at IS NULL RETURNING {_COLUMNS}, k.used_until
        """,
        digest,
        at,
    )
    key = load(Open311Key, row)
    return (key, row["used_until"]) if key and row else None


async def key_for_update(tx: Tx, key_id: UUID) -> Open311Key | None:
    return load(
        Open311Key,
        await tx.fetchrow(f"SELECT {_COLUMNS} FROM open311_key k WHERE k.id = $1 FOR UPDATE", key_id),
    )


async def withdraw(tx: Tx, key_id: UUID, at: datetime) -> None:
    await tx.execute("UPDATE open311_key SET withdrawn_at = $2 WHERE id = $1", key_id, at)


async def keys(tx: Tx, codes: Sequence[str] | None) -> list[Open311Key]:
    """Of the units with these codes and below them; None: all."""
    rows = await tx.fetch(
        f"""
        SELECT {_COLUMNS} FROM open311_key k LEFT JOIN unit u ON u.id = k.unit_id
        WHERE $1::text[] IS NULL OR {SUBTREE.format(code="u.code", prefixes="$1")} ORDER BY k.id
        """,
        None if codes is None else list(codes),
    )
    return [key for row in rows if (key := load(Open311Key, row))]
