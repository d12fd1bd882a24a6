"""The ledger: postings, receipts, periods, and the one definition of every figure of income."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from paid_services.rules.ledger import Entry
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.money import Money
from platform_kit.paging import fetch_page
from platform_kit.rows import load
from registry_replica.store import SUBTREE

# Every figure of a month is a sum over these rows and nothing else: $1 the month, $2 the codes of the units.
_MONTH = f"""
    SELECT e.amount_minor, e.transaction_id, a.kind AS account, a.unit_id, o.service, o.provider_id, t.order_id
    FROM ledger_entry e
    JOIN ledger_transaction t ON t.id = e.transaction_id
    JOIN ledger_account a ON a.id = e.account_id
    JOIN service_order o ON o.id = t.order_id
    WHERE t.posted_on >= to_date($1, 'YYYY-MM') AND t.posted_on < to_date($1, 'YYYY-MM') + interval '1 month'
        AND a.unit_id IN (SELECT u.id FROM unit u WHERE {SUBTREE.format(code="u.code", prefixes="$2")})
"""
_PROVIDER = "-coalesce(sum(amount_minor) FILTER (WHERE account = 'provider_payable'), 0)::bigint"
_COMMUNITY = "-coalesce(sum(amount_minor) FILTER (WHERE account = 'community_fund'), 0)::bigint"


@dataclass(frozen=True, slots=True)
class IncomeLine:
    unit_id: UUID
    service: str
    provider_id: UUID | None
    orders: int
    provider: Money
    community: Money


@dataclass(frozen=True, slots=True)
class IncomeTotals:
    provider: Money
    community: Money
    cash: Money
    subsidy: Money
    fees: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class PostedEntry:
    account: str
    unit_id: UUID
    provider_id: UUID | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Posted:
    id: UUID
    kind: str
    order_id: UUID
    posted_on: date
    entries: tuple[PostedEntry, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    number: str
    order_id: UUID
    amount: Money
    method: str
    collected_by: UUID
    issued_on: date


async def closed_months(tx: Tx) -> list[str]:
    rows = await tx.fetch("SELECT month FROM period WHERE closed_at IS NOT NULL ORDER BY month")
    return [row["month"] for row in rows]


async def period_closed(tx: Tx, month: str) -> bool:
    return bool(
        await tx.fetchval("SELECT true FROM period WHERE month = $1 AND closed_at IS NOT NULL", month)
    )


async def close_period(tx: Tx, month: str, by: UUID, at: datetime) -> bool:
    """False when it is closed already. Waits for postings under way: they hold the period's row."""
    closed = await tx.fetchval(
        """
        INSERT INTO period (month, closed_at, closed_by) VALUES ($1, $2, $3)
        ON CONFLICT (month) DO UPDATE SET closed_at = excluded.closed_at, closed_by = excluded.closed_by
        WHERE period.closed_at IS NULL RETURNING true
        """,
        month,
        at,
        by,
    )
    return bool(closed)


async def post(
    tx: Tx, *, kind: str, order_id: UUID, posted_on: date, entries: Sequence[Entry], at: datetime
) -> UUID:
    """One transaction of the ledger. The database checks at commit that it sums to zero, and that its month is open."""
    transaction_id = new_id()
    await tx.execute(
        "INSERT INTO ledger_transaction (id, kind, order_id, posted_on, created_at) VALUES ($1, $2, $3, $4, $5)",
        transaction_id,
        kind,
        order_id,
        posted_on,
        at,
    )
    accounts = sorted(
        {entry.account for entry in entries}, key=lambda a: (a.kind, a.unit_id, str(a.provider_id))
    )
    await tx.executemany(
        "INSERT INTO ledger_account (kind, unit_id, provider_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(account.kind, account.unit_id, account.provider_id) for account in accounts],
    )
    await tx.executemany(
        """
        INSERT INTO ledger_entry (transaction_id, account_id, amount_minor, currency)
        SELECT $1, id, $5, $6 FROM ledger_account
        WHERE kind = $2 AND unit_id = $3 AND provider_id IS NOT DISTINCT FROM $4
        """,
        [
            (transaction_id, entry.account.kind, entry.account.unit_id, entry.account.provider_id,
             entry.amount.amount, entry.amount.currency)
            for entry in entries
        ],
    )  # fmt: skip
    return transaction_id


async def draw_receipt_number(tx: Tx, series: str) -> str:
    """The next of its series. The row stays locked until this transaction ends: a rollback gives the number back."""
    last: int = await tx.fetchval(
        """
        INSERT INTO receipt_series AS s (series, last) VALUES ($1, 1)
        ON CONFLICT (series) DO UPDATE SET last = s.last + 1 RETURNING last
        """,
        series,
    )
    return f"{series}-{last:08d}"


async def insert_receipt(tx: Tx, receipt: Receipt) -> None:
    await tx.execute(
        """
        INSERT INTO receipt (number, order_id, amount_minor, currency, method, collected_by, issued_on)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        receipt.number,
        receipt.order_id,
        receipt.amount.amount,
        receipt.amount.currency,
        receipt.method,
        receipt.collected_by,
        receipt.issued_on,
    )


async def receipt(tx: Tx, number: str) -> Receipt | None:
    return load(Receipt, await tx.fetchrow("SELECT * FROM receipt WHERE number = $1", number))


async def receipt_of_order(tx: Tx, order_id: UUID) -> Receipt | None:
    return load(Receipt, await tx.fetchrow("SELECT * FROM receipt WHERE order_id = $1", order_id))


async def income_lines(tx: Tx, month: str, codes: Sequence[str]) -> list[IncomeLine]:
    rows = await tx.fetch(
        f"""
        SELECT unit_id, service, provider_id, count(DISTINCT order_id) AS orders, 'CNY' AS currency,
            {_PROVIDER} AS provider_minor, {_COMMUNITY} AS community_minor
        FROM ({_MONTH}) month GROUP BY unit_id, service, provider_id ORDER BY unit_id, service, provider_id
        """,
        month,
        list(codes),
    )
    return [line for row in rows if (line := load(IncomeLine, row))]


async def income_totals(tx: Tx, month: str, codes: Sequence[str]) -> IncomeTotals:
    row = await tx.fetchrow(
        f"""
        SELECT 'CNY' AS currency, {_PROVIDER} AS provider_minor, {_COMMUNITY} AS community_minor,
            coalesce(sum(amount_minor) FILTER (WHERE account = 'cash'), 0)::bigint AS cash_minor,
            coalesce(sum(amount_minor) FILTER (WHERE account = 'subsidy_receivable'), 0)::bigint AS subsidy_minor,
            coalesce(sum(amount_minor) FILTER (WHERE account = 'fee_receivable'), 0)::bigint AS fees_minor,
            coalesce(sum(amount_minor), 0)::bigint AS balance_minor
        FROM ({_MONTH}) month
        """,
        month,
        list(codes),
    )
    totals = load(IncomeTotals, row)
    if totals is None:
        raise asyncpg.InterfaceError("a sum always has a row")
    return totals


async def page_of_transactions(
    tx: Tx, month: str, codes: Sequence[str], limit: int, cursor: str | None
) -> tuple[list[Posted], str | None]:
    rows, following = await fetch_page(
        tx,
        f"""
        SELECT t.id, t.kind, t.order_id, t.posted_on FROM ledger_transaction t
        WHERE t.id IN (SELECT transaction_id FROM ({_MONTH}) month)
        """,
        (month, list(codes)),
        limit=limit,
        cursor=cursor,
    )
    entries = await tx.fetch(
        """
        SELECT e.transaction_id, a.kind AS account, a.unit_id, a.provider_id, e.amount_minor, e.currency
        FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE e.transaction_id = ANY($1) ORDER BY e.id
        """,
        [row["id"] for row in rows],
    )
    posted = [
        Posted(
            row["id"], row["kind"], row["order_id"], row["posted_on"],
            tuple(
                found for each in entries if each["transaction_id"] == row["id"] and (found := load(PostedEntry, each))
            ),
        )
        for row in rows
    ]  # fmt: skip
    return posted, following
