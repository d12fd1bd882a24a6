"""All SQL of the gateway."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from platform_kit.acting import Acting
from platform_kit.db import Tx
from platform_kit.inbox import applied_version
from platform_kit.paging import decode_cursor, encode_cursor
from platform_kit.rows import load
from resident_gateway.rules.code import OneTimeCode
from resident_gateway.rules.timeline import Item


@dataclass(frozen=True, slots=True)
class Account:
    """`posts` are dictionaries with role, unit_id, unit_code."""

    id: UUID
    account_index: bytes
    account: bytes
    display_name: bytes
    kind: str
    password_hash: str | None
    subject: UUID
    roles: tuple[str, ...]
    posts: tuple[dict[str, Any], ...]
    version: int


async def account(tx: Tx, account_index: bytes) -> Account | None:
    return load(Account, await tx.fetchrow("SELECT * FROM account WHERE account_index = $1", account_index))


async def account_of(tx: Tx, subject: UUID) -> Account | None:
    row = await tx.fetchrow("SELECT * FROM account WHERE subject = $1 ORDER BY created_at LIMIT 1", subject)
    return load(Account, row)


async def save_account(tx: Tx, account: Account, at: datetime) -> Account:
    """A new account, or new content for the one with this name."""
    row = await tx.fetchrow(
        """
        INSERT INTO account (id, account_index, account, display_name, kind, password_hash, subject, roles, posts,
                             version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)
        ON CONFLICT (account_index) DO UPDATE SET display_name = excluded.display_name, kind = excluded.kind,
            password_hash = excluded.password_hash, subject = excluded.subject, roles = excluded.roles,
            posts = excluded.posts, version = account.version + 1
        RETURNING *
        """,
        account.id,
        account.account_index,
        account.account,
        account.display_name,
        account.kind,
        account.password_hash,
        account.subject,
        list(account.roles),
        list(account.posts),
        at,
    )
    return load(Account, row) or account


async def save_code(tx: Tx, code: OneTimeCode) -> None:
    await tx.execute(
        """
        INSERT INTO one_time_code (account_id, code_hash, expires_at, tries_left) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at,
            tries_left = excluded.tries_left
        """,
        code.account_id,
        code.code_hash,
        code.expires_at,
        code.tries_left,
    )


async def code_for_update(tx: Tx, account_id: UUID) -> OneTimeCode | None:
    row = await tx.fetchrow("SELECT * FROM one_time_code WHERE account_id = $1 FOR UPDATE", account_id)
    return load(OneTimeCode, row)


async def save_failed_try(tx: Tx, account_id: UUID) -> None:
    await tx.execute(
        "UPDATE one_time_code SET tries_left = greatest(tries_left - 1, 0) WHERE account_id = $1", account_id
    )


async def delete_code(tx: Tx, account_id: UUID) -> None:
    await tx.execute("DELETE FROM one_time_code WHERE account_id = $1", account_id)


async def save_item(tx: Tx, item: Item) -> None:
    """A new row, or the thing's newer state; what an event does not say stays as it was."""
    await tx.execute(
        """
        INSERT INTO timeline_item AS t (person_id, subject_id, kind, number, detail, state, amount_minor, currency,
                                        happened_at, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (person_id, subject_id) DO UPDATE SET state = excluded.state,
            number = coalesce(excluded.number, t.number), detail = coalesce(excluded.detail, t.detail),
            amount_minor = coalesce(excluded.amount_minor, t.amount_minor),
            currency = coalesce(excluded.currency, t.currency),
            happened_at = excluded.happened_at, version = excluded.version
        """,
        item.person_id,
        item.subject_id,
        item.kind,
        item.number,
        item.detail,
        item.state,
        item.amount.amount if item.amount else None,
        item.amount.currency if item.amount else None,
        item.happened_at,
        item.version,
    )


async def save_state_for_all(
    tx: Tx,
    subject_id: UUID,
    *,
    kind: str,
    state: str,
    among: Sequence[str] | None,
    version: int,
    at: datetime,
) -> None:
    """Everybody who has this thing on their timeline sees its new state; `among`: only rows in one of these states."""
    await tx.execute(
        """
        UPDATE timeline_item SET state = $3, version = $5, happened_at = $6
        WHERE subject_id = $1 AND kind = $2 AND ($4::text[] IS NULL OR state = ANY($4))
        """,
        subject_id,
        kind,
        state,
        list(among) if among is not None else None,
        version,
        at,
    )


async def timeline(
    tx: Tx, acting: Acting, person_id: UUID, limit: int, cursor: str | None
) -> tuple[list[Record], str | None]:
    """Rows, newest first; a page continues after the instant and id of the last row seen.

    One statement that says itself for whom it asks, before it looks: the setting ends with it, and what is asked all the
    time needs no BEGIN and no COMMIT.
    """
    after = decode_cursor(cursor, (_instant, UUID)) if cursor else (None, None)
    rows = await tx.fetch(
        """
        WITH caller AS MATERIALIZED (SELECT set_config('linli.caller', $5, true) AS told)
        SELECT page.* FROM caller CROSS JOIN LATERAL (
            SELECT kind, subject_id, number, state, amount_minor, currency, happened_at, version FROM timeline_item
            WHERE caller.told <> '' AND person_id = $1
                AND ($2::timestamptz IS NULL OR (happened_at, subject_id) < ($2, $3::uuid))
            ORDER BY happened_at DESC, subject_id DESC LIMIT $4
        ) page
        """,
        person_id,
        *after,
        limit + 1,
        acting.setting,
    )
    kept = rows[:limit]
    if len(rows) == len(kept):
        return kept, None
    return kept, encode_cursor([kept[-1]["happened_at"].isoformat(), kept[-1]["subject_id"]])


def _instant(text: str) -> datetime:
    """Of a cursor, which anybody can write: with a zone, and in years that every zone can hold."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or not 1900 <= at.year <= 9000:
        raise ValueError(text)
    return at


async def timeline_version(tx: Tx, topic: str, aggregate: str) -> int:
    """The last version of that aggregate that the timeline shows."""
    return await applied_version(tx, "resident_gateway.timeline", topic, aggregate)


async def zone_of(tx: Tx, person_id: UUID) -> str:
    """The IANA zone of the person's unit; the district's where the registry has not told yet."""
    zone: str | None = await tx.fetchval(
        "SELECT u.zone FROM resident r JOIN unit u ON u.id = r.unit_id WHERE r.id = $1", person_id
    )
    return zone or "Asia/Shanghai"
