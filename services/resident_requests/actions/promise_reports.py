"""What another system left open is promised when it comes in, one report after the other: a backlog is not overdue at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from resident_requests import store
from resident_requests.rules.city_report import Report
from resident_requests.rules.clocks import Promised, promised_in_turn
from resident_requests.rules.request import OPEN


async def promise_reports(
    tx: Tx, source: str, reports: Sequence[tuple[UUID, Report]], at: datetime
) -> dict[UUID, Promised]:
    """Rows (id, report), of which those that are open have promises, by id. The source's lock is held: it knows where the turn of
    each unit is."""
    open_ones = [(request_id, report) for request_id, report in reports if report.state in OPEN]
    if not open_ones:
        return {}
    promises = {category.code: category.promise for category in await store.categories(tx)}
    calendars = await store.calendars(tx, [report.unit_id for _, report in open_ones])
    turns = await store.turns(tx, source)
    made: dict[UUID, Promised] = {}
    for request_id, report in open_ones:
        begins = max(turns.get(report.unit_id, at), at)
        made[request_id], turns[report.unit_id] = promised_in_turn(
            promises[report.category], calendars[report.unit_id], begins
        )
    await store.save_turns(tx, source, turns)
    return made
