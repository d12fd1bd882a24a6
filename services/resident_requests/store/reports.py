"""Reports of a city's open data, and where they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load
from resident_requests.rules.city_report import Report, Source


@dataclass(frozen=True, slots=True)
class Stored:
    """An imported report that is there already."""

    id: UUID
    case_number: str
    source_number: str
    source_content: bytes


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
    filed_by: UUID,
    at: datetime,
) -> None:
    """Rows (id, case number, report, sealed address). Each keeps the version of its category that holds now."""
    await tx.executemany(
        """
        INSERT INTO request (id, case_number, filed_by, unit_id, category, state, address, latitude, longitude,
                             occurred_at, source, source_number, source_content, version, created_at, channel,
                             category_version)
        SELECT $1, $2, $3, $4, code, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, 'web', version
        FROM category WHERE code = $5
        """,
        [
            (request_id, number, filed_by, report.unit_id, report.category, report.state, address, report.latitude,
             report.longitude, report.occurred_at, source, report.number, report.content, at)
            for request_id, number, report, address in reports
        ],
    )  # fmt: skip
