"""Payments: collected, sent, answered and reissued, many at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from asyncpg import Record

from platform_kit.db import Tx
from platform_kit.paging import fetch_page
from platform_kit.rows import load
from relief_disbursement.rules.payment import Payment, PaymentState
from relief_disbursement.rules.payment_run import PaymentRun
from relief_disbursement.store.found import found, loaded_all


async def insert_due_payments(tx: Tx, run: PaymentRun, at: datetime) -> list[Payment]:
    """A line for every active entitlement without any payment for the period, and for every reissued payment
    that has no next attempt yet, but for people who have been erased. Name and account are copied: the run keeps what it was
    calculated with.
    """
    rows = await tx.fetch(
        """
        WITH kept AS (
            SELECT * FROM application a WHERE a.programme_id = $2
              AND NOT EXISTS (SELECT FROM subject_key k WHERE k.subject = a.resident_id AND k.wrapped = '')
        ),
        due AS (
            SELECT a.id AS application_id, $3::text AS period, 1 AS attempt, NULL::uuid AS previous_id,
                   a.resident_id, a.unit_id, a.currency, a.granted_minor AS amount_minor, a.payee_name,
                   a.bank_account
            FROM kept a
            WHERE a.state = 'active' AND a.from_on <= ($3 || '-01')::date
              AND NOT EXISTS (SELECT FROM payment p WHERE p.application_id = a.id AND p.period = $3)
            UNION ALL
            SELECT a.id, p.period, p.attempt + 1, p.id,
                   a.resident_id, a.unit_id, p.currency, p.amount_minor, a.payee_name, a.bank_account
            FROM payment p JOIN kept a ON a.id = p.application_id
            WHERE p.state = 'reissued'
              AND NOT EXISTS (SELECT FROM payment n WHERE n.previous_id = p.id)
        )
        INSERT INTO payment (id, payment_run_id, line, application_id, resident_id, unit_id, period, attempt,
                             previous_id, currency, amount_minor, payee_name, bank_account, state, version,
                             created_at)
        SELECT uuidv7(), $1, row_number() OVER (ORDER BY application_id, period), application_id, resident_id,
               unit_id, period, attempt, previous_id, currency, amount_minor, payee_name, bank_account,
               'due', 1, $4
        FROM due
        RETURNING *
        """,
        run.id,
        run.programme_id,
        run.period,
        at,
    )
    return loaded_all(Payment, rows)


async def mark_payments_sent(tx: Tx, run_id: UUID) -> list[Payment]:
    rows = await tx.fetch(
        """
        UPDATE payment SET state = 'sent', version = version + 1
        WHERE payment_run_id = $1 AND state = 'due' RETURNING *
        """,
        run_id,
    )
    return loaded_all(Payment, rows)


async def lock_payments(tx: Tx, run_id: UUID) -> list[Payment]:
    rows = await tx.fetch(
        "SELECT * FROM payment WHERE payment_run_id = $1 ORDER BY id FOR NO KEY UPDATE", run_id
    )
    return loaded_all(Payment, rows)


async def lock_payment(tx: Tx, payment_id: UUID, codes: Sequence[str]) -> Payment:
    await tx.execute("SELECT FROM payment WHERE id = $1 FOR NO KEY UPDATE", payment_id)
    row = await tx.fetchrow(
        """
        SELECT m.* FROM payment m JOIN unit u ON u.id = m.unit_id
        WHERE m.id = $1
          AND EXISTS (SELECT FROM unnest($2::text[]) c WHERE u.code = c OR starts_with(u.code, c || '/'))
        """,
        payment_id,
        list(codes),
    )
    return found(load(Payment, row), "payment")


async def save_payments(
    tx: Tx, payments: Sequence[Payment], reasons: Mapping[UUID, bytes] = MappingProxyType({})
) -> None:
    """All in one statement, each one event further: their versions are as given plus one. `reasons`: the bank's words about them,
    sealed; those that are there stay."""
    await tx.execute(
        """
        UPDATE payment m SET state = n.state, answered_on = n.answered_on, code = n.code,
               reason = coalesce(n.reason, m.reason), version = m.version + 1
        FROM unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::bytea[])
             AS n(id, state, answered_on, code, reason)
        WHERE m.id = n.id
        """,
        [payment.id for payment in payments],
        [payment.state for payment in payments],
        [payment.answered_on for payment in payments],
        [payment.code for payment in payments],
        [reasons.get(payment.id) for payment in payments],
    )


async def sealed_bank_reason(tx: Tx, payment_id: UUID, codes: Sequence[str]) -> Record:
    """reason as it is sealed, and the resident's key: resident_id, wrapped, kek."""
    row = await tx.fetchrow(
        """
        SELECT m.reason, m.resident_id, k.wrapped, k.kek
        FROM payment m JOIN unit u ON u.id = m.unit_id LEFT JOIN subject_key k ON k.subject = m.resident_id
        WHERE m.id = $1
          AND EXISTS (SELECT FROM unnest($2::text[]) c WHERE u.code = c OR starts_with(u.code, c || '/'))
        """,
        payment_id,
        list(codes),
    )
    return found(row, "payment")


async def correct_account(tx: Tx, application_id: UUID, bank_account: bytes) -> None:
    await tx.execute("UPDATE application SET bank_account = $2 WHERE id = $1", application_id, bank_account)


async def payments_in_scope(
    tx: Tx,
    codes: Sequence[str],
    *,
    run_id: UUID | None,
    state: PaymentState | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[tuple[Payment, Record]], str | None]:
    rows, following = await fetch_page(
        tx,
        """
        SELECT m.* FROM payment m JOIN unit u ON u.id = m.unit_id
        WHERE ($2::uuid IS NULL OR m.payment_run_id = $2) AND ($3::text IS NULL OR m.state = $3)
          AND EXISTS (SELECT FROM unnest($1::text[]) c WHERE u.code = c OR starts_with(u.code, c || '/'))
        """,
        (list(codes), run_id, state),
        limit=limit,
        cursor=cursor,
    )
    return list(zip(loaded_all(Payment, rows), rows, strict=True)), following
