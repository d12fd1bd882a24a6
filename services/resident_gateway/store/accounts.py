"""Accounts and how they sign in; staff's appointments."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from platform_kit.auth import Post
from platform_kit.db import Tx
from platform_kit.rows import load
from resident_gateway.rules.code import OneTimeCode
from resident_gateway.rules.session import Session
from resident_gateway.rules.throttle import Limit


@dataclass(frozen=True, slots=True)
class Account:
    """`totp_secret` is sealed; `totp_step` the step of the last code that was accepted, None until a first one was."""

    id: UUID
    account_index: bytes
    account: bytes
    display_name: bytes
    kind: str
    password_hash: str | None
    totp_secret: bytes | None
    totp_step: int | None
    subject: UUID
    roles: tuple[str, ...]
    version: int


async def account(tx: Tx, account_index: bytes) -> Account | None:
    return load(Account, await tx.fetchrow("SELECT * FROM account WHERE account_index = $1", account_index))


async def account_by_id(tx: Tx, account_id: UUID) -> Account:
    found = load(Account, await tx.fetchrow("SELECT * FROM account WHERE id = $1", account_id))
    if found is None:
        raise LookupError(f"no account {account_id}")
    return found


async def account_of(tx: Tx, subject: UUID) -> Account | None:
    row = await tx.fetchrow("SELECT * FROM account WHERE subject = $1 ORDER BY created_at LIMIT 1", subject)
    return load(Account, row)


async def save_account(tx: Tx, account: Account, at: datetime) -> Account:
    """A new account, or new content for the one with this name; its second factor is to be set up anew."""
    row = await tx.fetchrow(
        """
        INSERT INTO account (id, account_index, account, display_name, kind, password_hash, subject, roles, version,
                             created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)
        ON CONFLICT (account_index) DO UPDATE SET account = excluded.account, display_name = excluded.display_name,
            kind = excluded.kind, password_hash = excluded.password_hash, totp_secret = NULL, totp_step = NULL,
            subject = excluded.subject, roles = excluded.roles, version = account.version + 1,
            created_at = excluded.created_at
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
        at,
    )
    return load(Account, row) or account


async def delete_accounts_of(
    tx: Tx, subject: UUID, *, kind: str | None = None, opened_before: datetime | None = None
) -> None:
    """All of theirs, or only these: they cannot sign in with them any more, and are signed in nowhere; the sealed name and its
    blind index go with the row."""
    rows = await tx.fetch(
        """
        SELECT id, account_index FROM account
        WHERE subject = $1 AND kind = coalesce($2::text, kind) AND created_at < coalesce($3::timestamptz, 'infinity')
        FOR UPDATE
        """,
        subject,
        kind,
        opened_before,
    )
    ids = [row["id"] for row in rows]
    await tx.execute(
        "DELETE FROM one_time_code WHERE account_index = ANY($1::bytea[])",
        [row["account_index"] for row in rows],
    )
    await tx.execute("DELETE FROM session WHERE account_id = ANY($1::uuid[])", ids)
    await tx.execute("DELETE FROM account WHERE id = ANY($1::uuid[])", ids)


async def save_totp_secret(tx: Tx, account_id: UUID, sealed: bytes) -> None:
    await tx.execute(
        "UPDATE account SET totp_secret = $2, totp_step = NULL WHERE id = $1", account_id, sealed
    )


async def save_totp_step(tx: Tx, account_id: UUID, step: int) -> bool:
    """False when a code of this step or a later one was accepted meanwhile: each is good once."""
    saved = await tx.fetchval(
        "UPDATE account SET totp_step = $2 WHERE id = $1 AND (totp_step IS NULL OR totp_step < $2) RETURNING true",
        account_id,
        step,
    )
    return bool(saved)


async def save_code(tx: Tx, code: OneTimeCode, at: datetime) -> None:
    """The newest code of this phone; a few that have expired go."""
    await tx.execute(
        """
        WITH expired AS (
            DELETE FROM one_time_code WHERE account_index = ANY(ARRAY(
                SELECT account_index FROM one_time_code WHERE expires_at < $5 AND account_index <> $1
                ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED
            ))
        )
        INSERT INTO one_time_code (account_index, code_hash, expires_at, tries_left) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_index) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at,
            tries_left = excluded.tries_left
        """,
        code.account_index,
        code.code_hash,
        code.expires_at,
        code.tries_left,
        at,
    )


async def lock_codes(tx: Tx, account_index: bytes) -> None:
    """Whoever else asks for a code of this phone waits until this transaction ends, also while there is none."""
    lock = "SELECT pg_advisory_xact_lock(hashtextextended('one_time_code ' || encode($1, 'hex'), 0))"
    await tx.execute(lock, account_index)


async def code_for_update(tx: Tx, account_index: bytes) -> OneTimeCode | None:
    row = await tx.fetchrow("SELECT * FROM one_time_code WHERE account_index = $1 FOR UPDATE", account_index)
    return load(OneTimeCode, row)


async def save_failed_try(tx: Tx, account_index: bytes) -> None:
    await tx.execute(
        "UPDATE one_time_code SET tries_left = greatest(tries_left - 1, 0) WHERE account_index = $1",
        account_index,
    )


async def delete_code(tx: Tx, account_index: bytes) -> None:
    await tx.execute("DELETE FROM one_time_code WHERE account_index = $1", account_index)


async def insert_turn(tx: Tx, key: bytes, limit: Limit, at: datetime) -> bool:
    """One more time under this key, unless the limit's times are used up; the key's row is locked either way.

    A few keys that nothing counts for any more go.
    """
    taken = await tx.fetchval(
        """
        WITH idle AS (
            DELETE FROM throttle WHERE key = ANY(ARRAY(
                SELECT key FROM throttle WHERE idle_at < $2 AND key <> $1
                ORDER BY idle_at LIMIT 10 FOR UPDATE SKIP LOCKED
            ))
        )
        INSERT INTO throttle AS t (key, times, idle_at) VALUES ($1, ARRAY[$2::timestamptz], $2 + $4::interval)
        ON CONFLICT (key) DO UPDATE SET idle_at = excluded.idle_at,
            times = ARRAY(SELECT x FROM unnest(t.times) x WHERE x > $2 - $4::interval) || $2
        WHERE (SELECT count(*) FROM unnest(t.times) x WHERE x > $2 - $4::interval) < $3
        RETURNING true
        """,
        key,
        at,
        limit.times,
        limit.within,
    )
    return bool(taken)


async def next_turn(tx: Tx, key: bytes, limit: Limit, at: datetime) -> datetime:
    """When the oldest of the times that count stops counting."""
    oldest: datetime | None = await tx.fetchval(
        "SELECT (SELECT min(x) FROM unnest(times) x WHERE x > $2::timestamptz - $3::interval) FROM throttle WHERE key = $1",
        key,
        at,
        limit.within,
    )
    return (oldest or at) + limit.within


async def delete_turn(tx: Tx, key: bytes, at: datetime) -> None:
    await tx.execute(
        "UPDATE throttle SET times = array_remove(times, $2::timestamptz) WHERE key = $1", key, at
    )


async def delete_turns(tx: Tx, key: bytes) -> None:
    await tx.execute("DELETE FROM throttle WHERE key = $1", key)


async def insert_session(tx: Tx, session: Session) -> None:
    """A few sessions that are over go, with what they could still have told of a reuse."""
    await tx.execute(
        """
        WITH over AS (
            DELETE FROM session WHERE id = ANY(ARRAY(
                SELECT id FROM session WHERE ends_at < $5 ORDER BY ends_at LIMIT 10 FOR UPDATE SKIP LOCKED
            ))
        )
        INSERT INTO session (id, account_id, step, secret_hash, renewed_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        session.id,
        session.account_id,
        session.step,
        session.secret_hash,
        session.renewed_at,
        session.ends_at,
    )


async def session_for_update(tx: Tx, session_id: UUID) -> Session | None:
    return load(Session, await tx.fetchrow("SELECT * FROM session WHERE id = $1 FOR UPDATE", session_id))


async def save_session_renewed(tx: Tx, session: Session) -> None:
    await tx.execute(
        "UPDATE session SET step = $2, secret_hash = $3, renewed_at = $4 WHERE id = $1",
        session.id,
        session.step,
        session.secret_hash,
        session.renewed_at,
    )


async def save_session_ended(tx: Tx, session_id: UUID, at: datetime) -> None:
    await tx.execute("UPDATE session SET ended_at = coalesce(ended_at, $2) WHERE id = $1", session_id, at)


async def save_sessions_ended(tx: Tx, account_id: UUID, at: datetime) -> None:
    await tx.execute(
        "UPDATE session SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL", account_id, at
    )


async def insert_appointment(
    tx: Tx,
    appointment_id: UUID,
    staff_id: UUID,
    post: str,
    unit_id: UUID,
    from_on: date,
    until_on: date | None,
) -> None:
    await tx.execute(
        """
        INSERT INTO appointment (id, staff_id, post, unit_id, from_on, until_on) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO NOTHING
        """,
        appointment_id,
        staff_id,
        post,
        unit_id,
        from_on,
        until_on,
    )


async def save_appointment_ended(tx: Tx, appointment_id: UUID, at: datetime) -> None:
    await tx.execute("UPDATE appointment SET ended_at = $2 WHERE id = $1", appointment_id, at)


async def posts_of(tx: Tx, staff_id: UUID, at: datetime) -> tuple[Post, ...]:
    """The posts that this person holds at that instant, on the day that the unit's calendar shows. A unit that the registry
    has not told of yet gives no right. Fifty at most, the widest units first: a token of more would be refused for its size."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT a.post, a.unit_id, u.code FROM appointment a JOIN unit u ON u.id = a.unit_id
        WHERE a.staff_id = $1 AND (a.ended_at IS NULL OR a.ended_at > $2)
            AND ($2::timestamptz AT TIME ZONE u.zone)::date BETWEEN a.from_on AND coalesce(a.until_on, 'infinity')
        ORDER BY u.code, a.post LIMIT 50
        """,
        staff_id,
        at,
    )
    return tuple(Post(row["post"], UUID(str(row["unit_id"])), row["code"]) for row in rows)
