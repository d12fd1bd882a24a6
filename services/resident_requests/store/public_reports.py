"""What everybody may see of requests. Whoever asks, the database shows those of categories that are public now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load
from resident_requests.rules.georeport import MOST, Asked
from resident_requests.rules.request import State

_COLUMNS = """p.case_number, p.category, p.state, p.requested_at, p.updated_at, p.expected_at, p.latitude, p.longitude,
    p.words, p.address, u.name AS unit"""


@dataclass(frozen=True, slots=True)
class PublicReport:
    """`words` and `address` are sealed by the service's key; `unit` is the name of who sees to it."""

    case_number: str
    category: str
    state: State
    requested_at: datetime
    updated_at: datetime
    expected_at: datetime | None
    latitude: float | None
    longitude: float | None
    words: bytes | None
    address: bytes | None
    unit: str | None


async def public_reports(tx: Tx, numbers: Sequence[str]) -> list[PublicReport]:
    rows = await tx.fetch(
        f"""
        SELECT {_COLUMNS} FROM public_report p LEFT JOIN unit u ON u.id = p.unit_id
        WHERE p.case_number = ANY($1) ORDER BY p.requested_at DESC, p.request_id DESC
        """,
        list(numbers),
    )
    return [report for row in rows if (report := load(PublicReport, row))]


async def newest_public_reports(tx: Tx, codes: Sequence[str], asked: Asked) -> list[PublicReport]:
    """Of these categories. Each, and each status, gives its newest by an index, and the newest of those are shown: what it costs
    does not grow with the table."""
    rows = await tx.fetch(
        f"""
        SELECT {_COLUMNS} FROM public_report p LEFT JOIN unit u ON u.id = p.unit_id WHERE p.request_id = ANY (ARRAY(
            SELECT one.request_id FROM unnest($1::text[]) code CROSS JOIN unnest($2::boolean[]) wanted CROSS JOIN LATERAL (
                SELECT t.request_id, t.requested_at FROM public_report t
                WHERE t.category = code AND t.is_open = wanted AND t.requested_at BETWEEN $3 AND $4
                ORDER BY t.requested_at DESC, t.request_id DESC LIMIT $5
            ) one
            ORDER BY one.requested_at DESC, one.request_id DESC LIMIT $5
        )) ORDER BY p.requested_at DESC, p.request_id DESC
        """,
        list(codes),
        list(asked.open),
        asked.since,
        asked.until,
        MOST,
    )
    return [report for row in rows if (report := load(PublicReport, row))]


async def delete_public_report(tx: Tx, request_id: UUID) -> None:
    await tx.execute("DELETE FROM public_report WHERE request_id = $1", request_id)


async def catalogue_changed_at(tx: Tx) -> datetime | None:
    changed: datetime | None = await tx.fetchval("SELECT max(at) FROM category_version")
    return changed
