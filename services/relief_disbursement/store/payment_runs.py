"""Payment runs and the files that were handed to the bank."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from platform_kit.db import Tx
from platform_kit.paging import fetch_page
from platform_kit.rows import load
from relief_disbursement.rules.bank_file import BankFile
from relief_disbursement.rules.payment_run import PaymentRun
from relief_disbursement.store.found import found, loaded_all


async def insert_payment_run(tx: Tx, run: PaymentRun, *, by: UUID, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO payment_run (id, programme_id, period, state, count, currency, total_minor, opened_by,
                                 version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        run.id,
        run.programme_id,
        run.period,
        run.state,
        run.count,
        run.total.currency,
        run.total.amount,
        by,
        run.version,
        at,
    )


async def read_payment_run(tx: Tx, run_id: UUID, codes: Sequence[str]) -> PaymentRun:
    row = await tx.fetchrow(
        """
        SELECT r.* FROM payment_run r
        JOIN programme p ON p.id = r.programme_id JOIN unit u ON u.id = p.unit_id
        WHERE r.id = $1
          AND EXISTS (SELECT FROM unnest($2::text[]) c WHERE u.code = c OR starts_with(u.code, c || '/'))
        """,
        run_id,
        list(codes),
    )
    return found(load(PaymentRun, row), "payment run")


async def lock_payment_run(tx: Tx, run_id: UUID, codes: Sequence[str]) -> PaymentRun:
    await tx.execute("SELECT FROM payment_run WHERE id = $1 FOR NO KEY UPDATE", run_id)
    return await read_payment_run(tx, run_id, codes)


async def payment_runs(
    tx: Tx, codes: Sequence[str], *, programme_id: UUID | None, limit: int, cursor: str | None
) -> tuple[list[PaymentRun], str | None]:
    rows, following = await fetch_page(
        tx,
        """
        SELECT r.* FROM payment_run r
        JOIN programme p ON p.id = r.programme_id JOIN unit u ON u.id = p.unit_id
        WHERE ($2::uuid IS NULL OR r.programme_id = $2)
          AND EXISTS (SELECT FROM unnest($1::text[]) c WHERE u.code = c OR starts_with(u.code, c || '/'))
        """,
        (list(codes), programme_id),
        limit=limit,
        cursor=cursor,
    )
    return loaded_all(PaymentRun, rows), following


async def save_payment_run(tx: Tx, run: PaymentRun) -> int:
    version: int = await tx.fetchval(
        """
        UPDATE payment_run SET state = $2, count = $3, total_minor = $4, calculated_by = $5, checked_by = $6,
               released_by = $7, version = version + 1
        WHERE id = $1 RETURNING version
        """,
        run.id,
        run.state,
        run.count,
        run.total.amount,
        run.calculated_by,
        run.checked_by,
        run.released_by,
    )
    return version


async def bank_lines(tx: Tx, run_id: UUID) -> list[Record]:
    """line, id, resident_id, payee_name and bank_account (sealed), amount_minor, currency, period; in the file's order."""
    return await tx.fetch(
        """
        SELECT line, id, resident_id, payee_name, bank_account, amount_minor, currency, period
        FROM payment WHERE payment_run_id = $1 ORDER BY line
        """,
        run_id,
    )


async def bank_file_of(tx: Tx, run_id: UUID) -> Record | None:
    """charset, pay_on and sha256 of what was handed to the bank."""
    return await tx.fetchrow(
        "SELECT charset, pay_on, sha256 FROM bank_file WHERE payment_run_id = $1", run_id
    )


async def insert_bank_file(tx: Tx, run_id: UUID, file: BankFile, *, by: UUID, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO bank_file (payment_run_id, message_id, charset, pay_on, count, currency, total_minor,
                               sha256, made_by, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        run_id,
        file.message_id,
        file.charset,
        file.pay_on,
        file.count,
        file.total.currency,
        file.total.amount,
        file.sha256,
        by,
        at,
    )
