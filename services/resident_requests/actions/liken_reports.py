"""What a city reported, is open and public, is found again before somebody files the same; nobody has said anything about it."""

from collections.abc import Sequence
from uuid import UUID

from platform_kit.db import Tx
from resident_requests import store
from resident_requests.rules.city_report import Report
from resident_requests.rules.likeness import point_at
from resident_requests.rules.request import OPEN


async def liken_reports(tx: Tx, reports: Sequence[tuple[UUID, str, Report]]) -> None:
    """Rows (id, case number, report)."""
    open_ones = [each for each in reports if each[2].state in OPEN]
    if not open_ones:
        return
    public = {category.code for category in await store.categories(tx) if not category.private}
    kept = [
        (request_id, number, report.state, _sought(report))
        for request_id, number, report in open_ones
        if report.category in public
    ]
    await store.insert_likenesses(tx, kept)


def _sought(report: Report) -> store.Sought:
    point = point_at(report.latitude, report.longitude)
    return store.Sought(report.category, report.unit_id, point, report.occurred_at)
