"""Applications, their reviews, evidence and objections."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.paging import fetch_page
from platform_kit.rows import load
from registry_replica.worklist import fetch_worklist
from relief_disbursement.rules.application import Application, Level, State
from relief_disbursement.store.found import found, loaded_all


async def insert_application(
    tx: Tx, application: Application, *, words: bytes, payee_name: bytes, bank_account: bytes, at: datetime
) -> bool:
    """False when the household has an open application in the programme, or the request that it answers has one."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO application (id, programme_id, household_id, resident_id, unit_id, parties, state,
                round, currency, asked_minor, from_on, words, payee_name, bank_account, version, created_at,
                request_id, request_version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            ON CONFLICT DO NOTHING RETURNING true
            """,
            application.id,
            application.programme_id,
            application.household_id,
            application.resident_id,
            application.unit_id,
            list(application.parties),
            application.state,
            application.round,
            application.asked.currency,
            application.asked.amount,
            application.from_on,
            words,
            payee_name,
            bank_account,
            application.version,
            at,
            application.request_id,
            application.request_version,
        )
    )


async def read_application(tx: Tx, application_id: UUID) -> Application:
    row = await tx.fetchrow(
        """
        SELECT a.*, ARRAY(SELECT reviewer_id FROM review r
                          WHERE r.application_id = a.id AND r.round = a.round) AS reviewers
        FROM application a WHERE a.id = $1
        """,
        application_id,
    )
    return found(load(Application, row), "application")


async def lock_application(tx: Tx, application_id: UUID) -> Application:
    """Two statements: only the second is sure to see the reviews that the lock waited for."""
    await tx.execute("SELECT FROM application WHERE id = $1 FOR NO KEY UPDATE", application_id)
    return await read_application(tx, application_id)


async def save_application(tx: Tx, application: Application, *, events: int) -> int:
    """The version after `events` more events."""
    version: int = await tx.fetchval(
        """
        UPDATE application SET state = $2, round = $3, parties = $4, from_on = $5, notice_until = $6,
               granted_minor = $7, reason = $8, version = version + $9, request_version = $10
        WHERE id = $1 RETURNING version
        """,
        application.id,
        application.state,
        application.round,
        list(application.parties),
        application.from_on,
        application.notice_until,
        application.granted.amount if application.granted else None,
        application.reason,
        events,
        application.request_version,
    )
    return version


async def insert_review(
    tx: Tx, application: Application, level: Level, decision: str, *, by: UUID, at: datetime
) -> None:
    await tx.execute(
        """
        INSERT INTO review (application_id, round, level, reviewer_id, decision, parties, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        application.id,
        application.round,
        level,
        by,
        decision,
        list(application.parties),
        at,
    )


async def insert_evidence(tx: Tx, application_id: UUID, note: bytes, *, by: UUID, at: datetime) -> None:
    await tx.execute(
        "INSERT INTO evidence (id, application_id, added_by, note, at) VALUES ($1, $2, $3, $4, $5)",
        new_id(),
        application_id,
        by,
        note,
        at,
    )


async def insert_objection(
    tx: Tx, application_id: UUID, round_number: int, words: bytes, *, by: UUID, at: datetime
) -> None:
    await tx.execute(
        "INSERT INTO objection (application_id, round, objected_by, words, at) VALUES ($1, $2, $3, $4, $5)",
        application_id,
        round_number,
        by,
        words,
        at,
    )


async def sealed_application(tx: Tx, application_id: UUID) -> Record:
    """words, payee_name, bank_account as they are sealed, and the resident's key: resident_id, wrapped, kek."""
    row = await tx.fetchrow(
        """
        SELECT a.words, a.payee_name, a.bank_account, a.resident_id, k.wrapped, k.kek
        FROM application a LEFT JOIN subject_key k ON k.subject = a.resident_id WHERE a.id = $1
        """,
        application_id,
    )
    return found(row, "application")


async def evidence_of(tx: Tx, application_id: UUID) -> list[Record]:
    """added_by, at, note (sealed), oldest first."""
    return await tx.fetch(
        "SELECT added_by, at, note FROM evidence WHERE application_id = $1 ORDER BY at, id", application_id
    )


async def applications_in_scope(
    tx: Tx, codes: Sequence[str], *, state: State | None, limit: int, cursor: str | None
) -> tuple[list[tuple[Application, Record]], str | None]:
    """Newest first, drafts left out: what a person has not handed in is theirs."""
    states = [each for each in State if each is not State.DRAFT and state in (None, each)]
    rows, following = await fetch_worklist(
        tx,
        "t.*, ARRAY(SELECT reviewer_id FROM review r WHERE r.application_id = t.id AND r.round = t.round) AS reviewers",
        "application",
        codes,
        states,
        limit=limit,
        cursor=cursor,
    )
    return list(zip(loaded_all(Application, rows), rows, strict=True)), following


async def notices(tx: Tx, at: datetime, *, limit: int, cursor: str | None) -> tuple[list[Record], str | None]:
    """What is on public notice at this instant."""
    return await fetch_page(
        tx,
        """
        SELECT a.id, a.resident_id, a.payee_name, u.name AS unit, p.name AS programme, a.asked_minor, a.currency,
               a.notice_until
        FROM application a JOIN unit u ON u.id = a.unit_id JOIN programme p ON p.id = a.programme_id
        WHERE a.state = 'on_notice' AND a.notice_until > $1
        """,
        (at,),
        limit=limit,
        cursor=cursor,
    )
