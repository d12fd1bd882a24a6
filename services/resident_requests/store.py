"""All SQL of resident requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.ids import case_number
from platform_kit.rows import load
from platform_kit.sealing import StoredKey
from registry_replica.store import Resident
from registry_replica.worklist import fetch_worklist
from resident_requests.rules.city_report import Report, Source
from resident_requests.rules.request import Request, State

_COLUMNS = """id, case_number, resident_id, filed_by, unit_id, category, state, route, skill, wanted_from, wanted_until,
    assignee_id, resolved_at, occurred_at, version"""
_ATTACHMENT = "request_id, number, kind, name, size, width, height, added_by, added_at"


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


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture of a request, without its content; `name` as it is stored, sealed."""

    request_id: UUID
    number: int
    kind: str
    name: bytes
    size: int
    width: int
    height: int
    added_by: UUID
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """An imported report that is there already."""

    id: UUID
    case_number: str
    source_number: str
    source_content: bytes


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
    """What is asked before a request is filed, in one round trip: whose it is and their key, whether the category is known, a
    number."""

    whose: Resident | None
    key: StoredKey
    category_known: bool
    case_number: str
    at: datetime


async def filing(tx: Tx, resident_id: UUID, category: str) -> Filing:
    [row] = await tx.fetch(
        """
        SELECT r.id, r.household_id, r.unit_id, k.wrapped, k.kek, c.code IS NOT NULL AS category_known,
               nextval('case_serial') AS serial, linli_now() AS at
        FROM (SELECT) one LEFT JOIN resident r ON r.id = $1 LEFT JOIN category c ON c.code = $2
            LEFT JOIN subject_key k ON k.subject = $1
        """,
        resident_id,
        category,
    )
    whose = load(Resident, row) if row["id"] is not None else None
    key = StoredKey(resident_id, row["wrapped"], row["kek"])
    return Filing(whose, key, row["category_known"], case_number(row["serial"]), row["at"])


async def next_case_numbers(tx: Tx, count: int) -> list[str]:
    rows = await tx.fetch("SELECT nextval('case_serial') AS serial FROM generate_series(1, $1)", count)
    return [case_number(row["serial"]) for row in rows]


async def insert_request(
    tx: Tx,
    request: Request,
    *,
    words: bytes,
    address: bytes | None,
    point: tuple[float | None, float | None],
    at: datetime,
) -> None:
    await tx.execute(
        """
        INSERT INTO request (id, case_number, resident_id, filed_by, unit_id, category, state, wanted_from,
                             wanted_until, occurred_at, version, words, address, latitude, longitude, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
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
        words,
        address,
        *point,
        at,
    )


async def save_request(tx: Tx, request: Request) -> int:
    """Save the new state under the lock that its reader took; the version counts one event more."""
    version: int = await tx.fetchval(
        """
        UPDATE request SET state = $2::text, route = $3, skill = $4, wanted_from = $5, wanted_until = $6, assignee_id = $7,
            resolved_at = $8, escalated = escalated AND state = $2::text, version = version + 1
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


async def attachments(tx: Tx, request_id: UUID) -> list[Attachment]:
    rows = await tx.fetch(
        f"SELECT {_ATTACHMENT} FROM attachment WHERE request_id = $1 ORDER BY number", request_id
    )
    return [attachment for row in rows if (attachment := load(Attachment, row))]


async def attachment_content(tx: Tx, request_id: UUID, number: int) -> tuple[Attachment, bytes] | None:
    """The attachment and its sealed content."""
    row = await tx.fetchrow(
        f"SELECT {_ATTACHMENT}, content FROM attachment WHERE request_id = $1 AND number = $2",
        request_id,
        number,
    )
    found = load(Attachment, row)
    return (found, row["content"]) if found and row else None


async def insert_attachment(tx: Tx, attachment: Attachment, content: bytes) -> None:
    await tx.execute(
        f"INSERT INTO attachment ({_ATTACHMENT}, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        attachment.request_id,
        attachment.number,
        attachment.kind,
        attachment.name,
        attachment.size,
        attachment.width,
        attachment.height,
        attachment.added_by,
        attachment.added_at,
        content,
    )


async def source(tx: Tx, name: str) -> Source | None:
    row = await tx.fetchrow("SELECT * FROM import_source WHERE name = $1", name)
    if row is None:
        return None
    areas = {code: UUID(unit) for code, unit in row["areas"].items()}
    return Source(row["name"], row["zone"], row["categories"], row["states"], areas, row["default_area"])


async def save_source(tx: Tx, source: Source) -> None:
    await tx.execute(
        """
        INSERT INTO import_source (name, zone, categories, states, areas, default_area) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (name) DO UPDATE SET zone = excluded.zone, categories = excluded.categories,
            states = excluded.states, areas = excluded.areas, default_area = excluded.default_area
        """,
        source.name,
        source.zone,
        dict(source.categories),
        dict(source.states),
        {code: str(unit) for code, unit in source.areas.items()},
        source.default_area,
    )


async def lock_source(tx: Tx, name: str) -> None:
    """One import of a source at a time: two batches with the same numbers do not meet half way."""
    await tx.execute("SELECT FROM import_source WHERE name = $1 FOR UPDATE", name)


async def stored_reports(tx: Tx, source: str, numbers: Sequence[str]) -> dict[str, Stored]:
    rows = await tx.fetch(
        """
        SELECT id, case_number, source_number, source_content FROM request
        WHERE source = $1 AND source_number = ANY($2)
        """,
        source,
        list(numbers),
    )
    return {row["source_number"]: stored for row in rows if (stored := load(Stored, row))}


async def insert_reports(
    tx: Tx,
    source: str,
    reports: Sequence[tuple[UUID, str, Report, bytes | None]],
    filed_by: UUID,
    at: datetime,
) -> None:
    """Rows (id, case number, report, sealed address)."""
    await tx.executemany(
        """
        INSERT INTO request (id, case_number, filed_by, unit_id, category, state, address, latitude, longitude,
                             occurred_at, source, source_number, source_content, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14)
        """,
        [
            (request_id, number, filed_by, report.unit_id, report.category, report.state, address, report.latitude,
             report.longitude, report.occurred_at, source, report.number, report.content, at)
            for request_id, number, report, address in reports
        ],
    )  # fmt: skip
