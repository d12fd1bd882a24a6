"""Programmes and their money."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load
from relief_disbursement.rules.programme import Programme
from relief_disbursement.store.found import found, loaded_all


async def insert_programme(tx: Tx, programme: Programme, *, by: UUID, at: datetime) -> bool:
    """False when the district has a programme of this code and year already."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO programme (id, unit_id, code, name, year, currency, budget_minor, monthly_minor,
                                   committed_minor, paid_minor, opened_by, version, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT ON CONSTRAINT uq_programme_code DO NOTHING RETURNING true
            """,
            programme.id,
            programme.unit_id,
            programme.code,
            programme.name,
            programme.year,
            programme.budget.currency,
            programme.budget.amount,
            programme.monthly.amount,
            programme.committed.amount,
            programme.paid.amount,
            by,
            programme.version,
            at,
        )
    )


async def programmes(tx: Tx) -> list[Programme]:
    rows = await tx.fetch("SELECT * FROM programme ORDER BY year DESC, code, id")
    return loaded_all(Programme, rows)


async def programme_of_unit(tx: Tx, programme_id: UUID, unit_id: UUID) -> Programme:
    """The programme, if its district runs it for this unit too."""
    row = await tx.fetchrow(
        """
        SELECT p.* FROM programme p JOIN unit d ON d.id = p.unit_id JOIN unit u ON u.id = $2
        WHERE p.id = $1 AND (u.code = d.code OR starts_with(u.code, d.code || '/'))
        """,
        programme_id,
        unit_id,
    )
    return found(load(Programme, row), "programme")


async def programme_in_scope(tx: Tx, programme_id: UUID, codes: Sequence[str]) -> Programme:
    row = await tx.fetchrow(
        """
        SELECT p.* FROM programme p JOIN unit u ON u.id = p.unit_id
        WHERE p.id = $1
          AND EXISTS (SELECT FROM unnest($2::text[]) c WHERE u.code = c OR starts_with(u.code, c || '/'))
        """,
        programme_id,
        list(codes),
    )
    return found(load(Programme, row), "programme")


async def read_programme(tx: Tx, programme_id: UUID) -> Programme:
    row = await tx.fetchrow("SELECT * FROM programme WHERE id = $1", programme_id)
    return found(load(Programme, row), "programme")


async def lock_programme(tx: Tx, programme_id: UUID) -> Programme:
    """Its money is decided by one transaction at a time. Locked after application or run, never before."""
    row = await tx.fetchrow("SELECT * FROM programme WHERE id = $1 FOR NO KEY UPDATE", programme_id)
    return found(load(Programme, row), "programme")


async def save_money(tx: Tx, programme: Programme) -> None:
    await tx.execute(
        "UPDATE programme SET committed_minor = $2, paid_minor = $3 WHERE id = $1",
        programme.id,
        programme.committed.amount,
        programme.paid.amount,
    )
