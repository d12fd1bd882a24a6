"""Requests and their categories."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.ids import case_number
from platform_kit.rows import load
from platform_kit.sealing import StoredKey
from platform_kit.timers import NEW_TIMER
from registry_replica.calendars import IN_FORCE
from registry_replica.store import Resident
from registry_replica.worklist import fetch_worklist
from resident_requests.rules.clocks import PROMISE_TIMER
from resident_requests.rules.request import Request, State
from resident_requests.store.clockwork import PROMISE, Clockwork, read_clockwork

_COLUMNS = """id, case_number, resident_id, filed_by, unit_id, category, state, route, skill, wanted_from, wanted_until,
    assignee_id, resolved_at, occurred_at, version, round, respond_by, responded_at, resolve_by, paused_at"""


@dataclass(frozen=True, slots=True)
class Category:
    code: str
    name_zh: str
    name_en: str
    route: str
    skill: str | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a resident said and where, and why staff declined it, as it is stored."""

    words: bytes | None
    address: bytes | None
    reason: bytes | None
    resident_id: UUID | None
    wrapped: bytes | None
    kek: str | None

    @property
    def key(self) -> StoredKey | None:
        """None for what nobody said: an imported report."""
        return StoredKey(self.resident_id, self.wrapped, self.kek) if self.resident_id else None


async def categories(tx: Tx) -> list[Category]:
    rows = await tx.fetch("SELECT * FROM category ORDER BY code")
    return [category for row in rows if (category := load(Category, row))]


async def category(tx: Tx, code: str) -> Category | None:
    return load(Category, await tx.fetchrow("SELECT * FROM category WHERE code = $1", code))


async def request(tx: Tx, request_id: UUID) -> Request | None:
    return load(Request, await tx.fetchrow(f"SELECT {_COLUMNS} FROM request WHERE id = $1", request_id))


async def request_for_update(tx: Tx, request_id: UUID) -> Request | None:
    return load(
        Request, await tx.fetchrow(f"SELECT {_COLUMNS} FROM request WHERE id = $1 FOR UPDATE", request_id)
    )


async def lock_request(tx: Tx, request_id: UUID) -> None:
    await tx.execute("SELECT FROM request WHERE id = $1 FOR UPDATE", request_id)


async def sealed(tx: Tx, request_id: UUID) -> Sealed | None:
    row = await tx.fetchrow(
        """
        SELECT q.words, q.address, q.reason, q.resident_id, k.wrapped, k.kek
        FROM request q LEFT JOIN subject_key k ON k.subject = q.resident_id WHERE q.id = $1
        """,
        request_id,
    )
    return load(Sealed, row)


async def page_for_staff(
    tx: Tx, codes: Sequence[str], state: State | None, limit: int, cursor: str | None
) -> tuple[list[Request], str | None]:
    states = list(State) if state is None else [state]
    rows, following = await fetch_worklist(tx, _COLUMNS, "request", codes, states, limit=limit, cursor=cursor)
    return [request for row in rows if (request := load(Request, row))], following


@dataclass(frozen=True, slots=True)
class Filing:
    """What is asked before a request is filed, in one round trip: whose it is and their key, what is promised where they live
    (None: the category is not known), a number."""

    whose: Resident | None
    key: StoredKey
    clockwork: Clockwork | None
    case_number: str
    at: datetime


async def filing(tx: Tx, resident_id: UUID, category: str) -> Filing:
    [row] = await tx.fetch(
        f"""
        SELECT r.id, r.household_id, r.unit_id, k.wrapped, k.kek, {PROMISE},
               nextval('case_serial') AS serial, linli_now() AS at
        FROM (SELECT) one LEFT JOIN resident r ON r.id = $1 LEFT JOIN category c ON c.code = $2
            LEFT JOIN subject_key k ON k.subject = $1 LEFT JOIN unit u ON u.id = r.unit_id {IN_FORCE}
        """,
        resident_id,
        category,
    )
    whose = load(Resident, row) if row["id"] is not None else None
    key = StoredKey(resident_id, row["wrapped"], row["kek"])
    known = read_clockwork(row) if row["respond_hours"] is not None else None
    return Filing(whose, key, known, case_number(row["serial"]), row["at"])


async def next_case_numbers(tx: Tx, count: int) -> list[str]:
    rows = await tx.fetch("SELECT nextval('case_serial') AS serial FROM generate_series(1, $1)", count)
    return [case_number(row["serial"]) for row in rows]


async def insert_request(
    tx: Tx,
    request: Request,
    *,
    missed_at: datetime,
    words: bytes,
    address: bytes | None,
    point: tuple[float | None, float | None],
    at: datetime,
) -> None:
    """With the timer of its promises, in one round trip."""
    await tx.execute(
        f"""
        WITH wound AS ({NEW_TIMER.format(kind=19, aggregate=1, due_at=20)})
        INSERT INTO request (id, case_number, resident_id, filed_by, unit_id, category, state, wanted_from,
                             wanted_until, occurred_at, version, respond_by, resolve_by, words, address, latitude,
                             longitude, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        """,
        request.id,
        request.case_number,
        request.resident_id,
        request.filed_by,
        request.unit_id,
        request.category,
        request.state,
        request.wanted_from,
        request.wanted_until,
        request.occurred_at,
        request.version,
        request.respond_by,
        request.resolve_by,
        words,
        address,
        *point,
        at,
        PROMISE_TIMER,
        missed_at,
    )


async def save_request(tx: Tx, request: Request) -> int:
    """Save the new state under the lock that its reader took; the version counts one event more."""
    version: int = await tx.fetchval(
        """
        UPDATE request SET state = $2::text, route = $3, skill = $4, wanted_from = $5, wanted_until = $6, assignee_id = $7,
            resolved_at = $8, round = $9, respond_by = $10, responded_at = $11, resolve_by = $12, paused_at = $13,
            escalated = escalated AND state = $2::text, version = version + 1
        WHERE id = $1 RETURNING version
        """,
        request.id,
        request.state,
        request.route,
        request.skill,
        request.wanted_from,
        request.wanted_until,
        request.assignee_id,
        request.resolved_at,
        request.round,
        request.respond_by,
        request.responded_at,
        request.resolve_by,
        request.paused_at,
    )
    return version


async def mark_escalated(tx: Tx, request_id: UUID) -> bool:
    """True the first time since it was triaged last; the request's lock is held."""
    marked = await tx.fetchval(
        "UPDATE request SET escalated = true WHERE id = $1 AND NOT escalated RETURNING true", request_id
    )
    return bool(marked)


async def save_reason(tx: Tx, request_id: UUID, reason: bytes) -> None:
    await tx.execute("UPDATE request SET reason = $2 WHERE id = $1", request_id, reason)
