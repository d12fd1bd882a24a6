"""Requests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.ids import case_number
from platform_kit.rows import load
from platform_kit.sealing import StoredKey
from platform_kit.timers import NEW_TIMER
from platform_kit.working_time import WorkCalendar
from registry_replica.calendars import IN_FORCE, work_calendar
from registry_replica.store import Resident
from resident_requests.rules.category import Category
from resident_requests.rules.clocks import PROMISE_TIMER, due_at
from resident_requests.rules.likeness import Similar
from resident_requests.rules.request import OPEN, Request
from resident_requests.rules.routing import RoutingRule
from resident_requests.store.categories import read_category
from resident_requests.store.clockwork import CLOCKWORK
from resident_requests.store.routing import AUTOMATIC, read_rules

COLUMNS = """id, case_number, resident_id, filed_by, unit_id, category, state, route, skill, wanted_from, wanted_until,
    assignee_id, resolved_at, occurred_at, version, channel, urgency, author_id, category_version, round, respond_by, responded_at, resolve_by, resolve_from, paused_at,
    merged_into, routing_rule, routing_rule_version, asked_version, taken_up_by, escalated, said_version, routing_category_version, begun_at, planned_from, planned_until"""

# Of the request `t`; the index of what is open says the same.
IS_OPEN = f"t.state IN ({', '.join(repr(state.value) for state in sorted(OPEN))})"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a resident said and where, and why staff declined it, as it is stored."""

    words: bytes | None
    address: bytes | None
    reason: bytes | None
    answers: bytes | None
    resident_id: UUID | None
    wrapped: bytes | None
    kek: str | None

    @property
    def key(self) -> StoredKey | None:
        """None for what nobody said: an imported report."""
        return StoredKey(self.resident_id, self.wrapped, self.kek) if self.resident_id else None


async def request(tx: Tx, request_id: UUID) -> Request | None:
    return load(Request, await tx.fetchrow(f"SELECT {COLUMNS} FROM request WHERE id = $1", request_id))


async def request_for_update(tx: Tx, request_id: UUID) -> Request | None:
    return load(
        Request, await tx.fetchrow(f"SELECT {COLUMNS} FROM request WHERE id = $1 FOR UPDATE", request_id)
    )


async def lock_request(tx: Tx, request_id: UUID) -> None:
    await tx.execute("SELECT FROM request WHERE id = $1 FOR UPDATE", request_id)


async def sealed(tx: Tx, request_id: UUID) -> Sealed | None:
    row = await tx.fetchrow(
        """
        SELECT q.words, q.address, q.reason, q.answers, q.resident_id, k.wrapped, k.kek
        FROM request q LEFT JOIN subject_key k ON k.subject = q.resident_id WHERE q.id = $1
        """,
        request_id,
    )
    return load(Sealed, row)


# What the resident $1 has open in the category $2, the newest first; of the last hundred that they filed.
_OWN_OPEN = f"""
    SELECT t.id, t.case_number, t.category, t.state, t.occurred_at
    FROM (SELECT id, case_number, category, state, occurred_at FROM request WHERE resident_id = $1 ORDER BY id DESC LIMIT 100) t
    WHERE t.category = $2 AND {IS_OPEN} AND t.id IS DISTINCT FROM {{but}} ORDER BY t.id DESC LIMIT 5
"""


@dataclass(frozen=True, slots=True)
class Filing:
    """What is asked before a request is filed, in one round trip: whose it is (who is not erased before it is) and their key, the category (None: it is not known)
    and the working time where they live, a number. `rules` are there only when one of them routes by itself, `own` (what they have
    open in it) only of a private category."""

    whose: Resident | None
    key: StoredKey
    category: Category | None
    calendar: WorkCalendar
    unit_code: str | None
    rules: list[RoutingRule]
    own: list[Similar]
    case_number: str
    at: datetime


async def filing(tx: Tx, resident_id: UUID, category: str) -> Filing:
    [row] = await tx.fetch(
        f"""
        SELECT r.id, r.household_id, r.unit_id, k.wrapped, k.kek, {CLOCKWORK}, u.code AS unit_code,
               {AUTOMATIC.format(category="$2")} AS rules, nextval('case_serial') AS serial, linli_now() AS at,
               CASE WHEN c.private THEN ARRAY(SELECT ROW(o.*) FROM ({_OWN_OPEN.format(but="NULL")}) o) ELSE '{{}}' END AS own
        FROM (SELECT linli_hold($1) AS there) one LEFT JOIN resident r ON r.id = $1 AND one.there
            LEFT JOIN category c ON c.code = $2 LEFT JOIN subject_key k ON k.subject = $1 LEFT JOIN unit u ON u.id = r.unit_id {IN_FORCE}
        """,
        resident_id,
        category,
    )
    whose = load(Resident, row) if row["id"] is not None else None
    key = StoredKey(resident_id, row["wrapped"], row["kek"])
    known = read_category(row) if row["code"] is not None else None
    # A unit of which the replica has not heard yet has no zone either.
    calendar = work_calendar(row["zone"] or "UTC", row["calendar"])
    return Filing(
        whose, key, known, calendar, row["unit_code"], read_rules(row["rules"]), [_own(each) for each in row["own"]],
        case_number(row["serial"]), row["at"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FilingOfNobody:
    """What is asked before a report is filed that no resident files: as `Filing`, for a unit. `stored` is the case number of
    the same report, where it has come before and is open; `ended` whether its number is held by one that is not."""

    category: Category | None
    calendar: WorkCalendar
    unit_code: str | None
    rules: list[RoutingRule]
    case_number: str
    stored: str | None
    ended: bool


async def filing_of_nobody(
    tx: Tx, unit_id: UUID, category: str, source: str, source_numbers: Sequence[str]
) -> FilingOfNobody:
    """`source_numbers`: by any of which it would have come; the first is the one by which it comes now."""
    [row] = await tx.fetch(
        f"""
        SELECT {CLOCKWORK}, u.code AS unit_code, {AUTOMATIC.format(category="$2")} AS rules, nextval('case_serial') AS serial,
               (SELECT max(t.case_number) FROM request t
                WHERE t.source = $3 AND t.source_number = ANY($4) AND {IS_OPEN}) AS stored,
               EXISTS (SELECT FROM request t
                       WHERE t.source = $3 AND t.source_number = $4[1] AND NOT {IS_OPEN}) AS ended
        FROM (SELECT) one LEFT JOIN category c ON c.code = $2 LEFT JOIN unit u ON u.id = $1 {IN_FORCE}
        """,
        unit_id,
        category,
        source,
        list(source_numbers),
    )
    known = read_category(row) if row["code"] is not None else None
    calendar = work_calendar(row["zone"] or "UTC", row["calendar"])
    return FilingOfNobody(
        known, calendar, row["unit_code"], read_rules(row["rules"]), case_number(row["serial"]), row["stored"], row["ended"]
    )  # fmt: skip


async def next_case_numbers(tx: Tx, count: int) -> list[str]:
    rows = await tx.fetch("SELECT nextval('case_serial') AS serial FROM generate_series(1, $1)", count)
    return [case_number(row["serial"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Said:
    """What is filed, as it is stored: sealed, and of what a device sends a keyed print of all of it; of what no resident files,
    whence it came."""

    words: bytes | None
    address: bytes | None
    answers: bytes | None
    latitude: float | None
    longitude: float | None
    content_print: bytes | None = None
    source: str | None = None
    source_number: str | None = None


async def insert_request(tx: Tx, request: Request, said: Said, at: datetime) -> None:
    """With the timer of its promises, in one round trip."""
    await tx.execute(
        f"""
        WITH wound AS ({NEW_TIMER.format(kind=26, aggregate=1, due_at=25)})
        INSERT INTO request (id, case_number, resident_id, filed_by, author_id, unit_id, category, category_version, channel,
                             urgency, state, wanted_from, wanted_until, occurred_at, version, respond_by, resolve_by,
                             words, address, answers, latitude, longitude, content_print, created_at, due_at, source, source_number,
                             resolve_from)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
                $27, $28, $29)
        """,
        request.id, request.case_number, request.resident_id, request.filed_by, request.author_id, request.unit_id,
        request.category, request.category_version, request.channel, request.urgency, request.state,
        request.wanted_from, request.wanted_until, request.occurred_at, request.version, request.respond_by,
        request.resolve_by, said.words, said.address, said.answers, said.latitude, said.longitude, said.content_print, at,
        due_at(request), PROMISE_TIMER, said.source, said.source_number, request.resolve_from,
    )  # fmt: skip


async def content_print(tx: Tx, request_id: UUID) -> bytes | None:
    found: bytes | None = await tx.fetchval("SELECT content_print FROM request WHERE id = $1", request_id)
    return found


async def delete_points(tx: Tx, resident_id: UUID) -> None:
    """And the prints of what was sent: whoever has the service's key could try guesses at it."""
    await tx.execute(
        """
        UPDATE request SET latitude = NULL, longitude = NULL, content_print = NULL
        WHERE resident_id = $1 AND (latitude IS NOT NULL OR content_print IS NOT NULL)
        """,
        resident_id,
    )


async def save_words(tx: Tx, request_id: UUID, words: bytes) -> None:
    await tx.execute("UPDATE request SET words = $2 WHERE id = $1", request_id, words)


async def save_address(tx: Tx, request_id: UUID, address: bytes | None) -> None:
    await tx.execute("UPDATE request SET address = $2 WHERE id = $1", request_id, address)


async def save_request(tx: Tx, request: Request) -> int:
    """Save the new state under the lock that its reader took; the version counts one event more. What is known of it in public
    goes with it."""
    version: int = await tx.fetchval(
        """
        WITH known AS (UPDATE likeness SET state = $2::text WHERE request_id = $1 AND state <> $2::text)
        UPDATE request SET state = $2::text, route = $3, skill = $4, wanted_from = $5, wanted_until = $6, assignee_id = $7, planned_from = $26, planned_until = $27,
            resolved_at = $8, round = $9, respond_by = $10, responded_at = $11, resolve_by = $12, paused_at = $13,
            urgency = $14, due_at = $15, merged_into = $16::uuid, routing_rule = $17, routing_rule_version = $18,
            asked_version = $19, taken_up_by = $20,
            escalated = $21, said_version = $22, routing_category_version = $23, begun_at = $24, resolve_from = $25,
            merged_at = CASE WHEN $16::uuid IS NOT NULL THEN coalesce(merged_at, linli_now()) END, version = version + 1
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
        request.urgency,
        due_at(request),
        request.merged_into,
        request.routing_rule,
        request.routing_rule_version,
        request.asked_version,
        request.taken_up_by,
        request.escalated,
        request.said_version,
        request.routing_category_version,
        request.begun_at,
        request.resolve_from,
        request.planned_from,
        request.planned_until,
    )
    return version


async def filed_at(tx: Tx, request_id: UUID) -> datetime:
    """When it came in, whenever it happened."""
    came: datetime = await tx.fetchval("SELECT created_at FROM request WHERE id = $1", request_id)
    return came


async def save_next_versions(tx: Tx, request_ids: Sequence[UUID]) -> list[Request]:
    """One event more of each of these, whose locks are held."""
    rows = await tx.fetch(
        f"UPDATE request SET version = version + 1 WHERE id = ANY($1) RETURNING {COLUMNS}", list(request_ids)
    )
    return [request for row in rows if (request := load(Request, row))]


async def end_of_chain(tx: Tx, request_id: UUID) -> UUID:
    """What is left of it: itself, or what it was merged into, and that again."""
    end: UUID = await tx.fetchval(
        """
        WITH RECURSIVE chain(id, following) AS (
            SELECT id, merged_into FROM request WHERE id = $1
            UNION SELECT r.id, r.merged_into FROM request r JOIN chain ON r.id = chain.following
        )
        SELECT coalesce((SELECT id FROM chain WHERE following IS NULL), $1)
        """,
        request_id,
    )
    return end


async def merged(tx: Tx, request_id: UUID) -> list[Request]:
    """What was merged into it."""
    rows = await tx.fetch(f"SELECT {COLUMNS} FROM request WHERE merged_into = $1 ORDER BY id", request_id)
    return [request for row in rows if (request := load(Request, row))]


# What was merged into the request $1, and into that.
_JOINED = """
    WITH RECURSIVE joined(id, resident_id) AS (
        SELECT id, resident_id FROM request WHERE merged_into = $1
        UNION SELECT r.id, r.resident_id FROM request r JOIN joined j ON r.merged_into = j.id
    )
"""


async def concerns_others(tx: Tx, request: Request) -> bool:
    """Whether somebody else's goes on as it. Their rows are others': ask as the system."""
    found = await tx.fetchval(
        f"{_JOINED} SELECT true FROM joined WHERE resident_id IS DISTINCT FROM $2 LIMIT 1",
        request.id,
        request.resident_id,
    )
    return bool(found)


async def own_open(tx: Tx, resident_id: UUID, category: str, *, but: UUID | None = None) -> list[Similar]:
    """Of what is shown to whoever asks."""
    return [_own(row) for row in await tx.fetch(_OWN_OPEN.format(but="$3::uuid"), resident_id, category, but)]


def _own(row: Iterable[Any]) -> Similar:
    """One's own are not compared: neither metres nor a score."""
    request_id, case_number, category, state, occurred_at = row
    return Similar(request_id, case_number, category, state, occurred_at, metres=None, score=None)


async def save_reason(tx: Tx, request_id: UUID, reason: bytes) -> None:
    await tx.execute("UPDATE request SET reason = $2 WHERE id = $1", request_id, reason)
