"""Reports of a city's open data, and where they come from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load
from platform_kit.timers import set_first_timers
from resident_requests.rules.city_report import Known, Report, Source
from resident_requests.rules.clocks import PROMISE_TIMER, Promised
from resident_requests.rules.request import Request
from resident_requests.store.requests import COLUMNS


async def source(tx: Tx, name: str) -> Source | None:
    row = await tx.fetchrow("SELECT * FROM import_source WHERE name = $1", name)
    if row is None:
        return None
    areas = {code: UUID(unit) for code, unit in row["areas"].items()}
    return Source(
        row["name"], row["zone"], row["categories"], row["states"], areas, row["default_area"], row["version"]
    )


async def save_source(tx: Tx, source: Source) -> int:
    """Its version: another one only when something of it is other than before."""
    version: int = await tx.fetchval(
        """
        INSERT INTO import_source AS s (name, zone, categories, states, areas, default_area) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (name) DO UPDATE SET zone = excluded.zone, categories = excluded.categories,
            states = excluded.states, areas = excluded.areas, default_area = excluded.default_area,
            version = s.version + ((s.zone, s.categories, s.states, s.areas, s.default_area) IS DISTINCT FROM
                (excluded.zone, excluded.categories, excluded.states, excluded.areas, excluded.default_area))::int
        RETURNING version
        """,
        source.name,
        source.zone,
        dict(source.categories),
        dict(source.states),
        {code: str(unit) for code, unit in source.areas.items()},
        source.default_area,
    )
    return version


async def lock_source(tx: Tx, name: str) -> None:
    """One import of a source at a time: two batches with the same numbers do not meet half way."""
    await tx.execute("SELECT FROM import_source WHERE name = $1 FOR UPDATE", name)


async def turns(tx: Tx, source: str) -> dict[UUID, datetime]:
    """When in each unit the clocks of the next report that comes open may begin."""
    kept = await tx.fetchval("SELECT turns FROM import_source WHERE name = $1", source)
    return {UUID(unit): datetime.fromisoformat(begins) for unit, begins in kept.items()}


async def save_turns(tx: Tx, source: str, turns: Mapping[UUID, datetime]) -> None:
    kept = {str(unit): begins.isoformat() for unit, begins in turns.items()}
    await tx.execute("UPDATE import_source SET turns = $2 WHERE name = $1", source, kept)


async def stored_reports(tx: Tx, source: str, numbers: Sequence[str]) -> dict[str, Known]:
    """Imported reports that are there already, by their numbers."""
    rows = await tx.fetch(
        """
        SELECT id, case_number, source_number, source_content, source_facts, source_state, state, occurred_at, latitude, longitude
        FROM request WHERE source = $1 AND source_number = ANY($2)
        """,
        source,
        list(numbers),
    )
    return {row["source_number"]: known for row in rows if (known := load(Known, row))}


async def requests_for_update(tx: Tx, request_ids: Sequence[UUID]) -> list[Request]:
    """With their locks, taken in the order of their ids."""
    rows = await tx.fetch(
        f"SELECT {COLUMNS} FROM request WHERE id = ANY($1) ORDER BY id FOR UPDATE", list(request_ids)
    )
    return [request for row in rows if (request := load(Request, row))]


async def save_ended(tx: Tx, ended: Sequence[tuple[Request, Report]]) -> dict[UUID, int]:
    """Requests as they ended, each with the report that says so; their versions, one event more."""
    rows = await tx.fetch(
        """
        WITH ended AS (
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::bytea[], $6::text[])
                AS e(id, state, resolved_at, responded_at, content, said)
        ), known AS (UPDATE likeness l SET state = e.state FROM ended e WHERE l.request_id = e.id)
        UPDATE request r SET state = e.state, resolved_at = e.resolved_at, responded_at = e.responded_at, due_at = NULL,
            escalated = false, source_content = e.content, source_state = e.said, version = r.version + 1
        FROM ended e WHERE r.id = e.id RETURNING r.id, r.version
        """,
        [request.id for request, _ in ended],
        [request.state for request, _ in ended],
        [request.resolved_at for request, _ in ended],
        [request.responded_at for request, _ in ended],
        [report.content for _, report in ended],
        [report.state for _, report in ended],
    )
    return {row["id"]: row["version"] for row in rows}


async def release_number(tx: Tx, source: str, number: str) -> None:
    """What ended under this number keeps it with its case number behind: the same can come again."""
    await tx.execute(
        """
        UPDATE request SET source_number = source_number || '/' || case_number
        WHERE source = $1 AND source_number = $2
        """,
        source,
        number,
    )


async def insert_reports(
    tx: Tx,
    source: str,
    reports: Sequence[tuple[UUID, str, Report, bytes | None]],
    promised: Mapping[UUID, Promised],
    filed_by: UUID,
    at: datetime,
) -> None:
    """Rows (id, case number, report, sealed address). Each keeps the version of its category that holds now; what is promised has
    a timer, and is due first when somebody is to have looked at it."""
    await tx.executemany(
        """
        INSERT INTO request (id, case_number, filed_by, unit_id, category, state, address, latitude, longitude,
                             occurred_at, source, source_number, source_content, version, created_at, channel,
                             category_version, respond_by, resolve_by, due_at, source_facts, source_state)
        SELECT $1, $2, $3, $4, code, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, 'web', version, $15, $16, $17, $18, $6
        FROM category WHERE code = $5
        """,
        [
            (request_id, number, filed_by, report.unit_id, report.category, report.state, address, report.latitude,
             report.longitude, report.occurred_at, source, report.number, report.content, at,
             by.respond_by if by else None, by.resolve_by if by else None, by.due_at if by else None, report.facts)
            for request_id, number, report, address in reports
            for by in [promised.get(request_id)]
        ],
    )  # fmt: skip
    await set_first_timers(tx, PROMISE_TIMER, {one: by.due_at for one, by in promised.items()})
