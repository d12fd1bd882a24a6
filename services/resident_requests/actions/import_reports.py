"""Reports of a city's open data come in: each line is imported, already there, over there and so here, or refused by name."""

from collections.abc import Sequence
from uuid import UUID

from event_contracts.resident_requests import RequestImported
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.ids import new_id
from platform_kit.outbox import publish_all
from platform_kit.problems import NotFound
from platform_kit.sealing import Sealer
from registry_replica.permitted import permitted_in_all
from resident_requests import store
from resident_requests.actions.end_reports import end_reports
from resident_requests.actions.liken_reports import liken_reports
from resident_requests.actions.promise_reports import promise_reports
from resident_requests.policy import POLICY
from resident_requests.rules.city_report import NUMBER, Fault, Known, LineOutcome, Report, compared, read
from resident_requests.rules.sealed import ADDRESS

_REPEATED = Fault(NUMBER, "repeated with other content")


async def import_reports(
    tx: Tx, sealer: Sealer, *, source_name: str, rows: Sequence[tuple[int, dict[str, str]]], by: Caller
) -> list[LineOutcome]:
    """`rows` are (line, values by column). What is over is only remembered; what is open is promised from now on, and ends once a
    later line of its number says so."""
    source = await store.source(tx, source_name)
    if source is None or not await permitted_in_all(tx, by, POLICY["import_reports"], source.units):
        raise NotFound(what="source", field="source")
    await store.lock_source(tx, source_name)
    read_rows = [(line, read(values, source)) for line, values in rows]
    reports = [report for _, report in read_rows if isinstance(report, Report)]
    async with as_system(tx):
        # An area may have been mapped to another unit since: a report lies where it lay when it came.
        stored = await store.stored_reports(tx, source_name, [report.number for report in reports])
    known, ended = dict(stored), dict[UUID, Report]()
    numbers = iter(await store.next_case_numbers(tx, len(reports)))
    fresh: list[tuple[UUID, str, Report, bytes | None]] = []
    outcomes: list[LineOutcome] = []
    for line, report in read_rows:
        if not isinstance(report, Report):
            outcomes.append(LineOutcome(line, "refused", faults=report))
        elif (earlier := known.get(report.number)) is None:
            request_id, number = new_id(), next(numbers)
            # Nobody's: by the service's own key.
            address = sealer.seal(report.address, for_=ADDRESS) if report.address else None
            fresh.append((request_id, number, report, address))
            known[report.number] = _known(request_id, number, report)
            outcomes.append(LineOutcome(line, "imported", request_id, number))
        elif (came := compared(report, earlier)) == "refused":
            outcomes.append(LineOutcome(line, "refused", faults=(_REPEATED,)))
        else:
            if came == "ended":
                ended[earlier.id] = report
                known[report.number] = _known(earlier.id, earlier.case_number, report)
            outcomes.append(LineOutcome(line, came, earlier.id, earlier.case_number))
    at = await now(tx)
    promised = await promise_reports(tx, source_name, [(each[0], each[2]) for each in fresh], at)
    await store.insert_reports(tx, source_name, fresh, promised, by.subject, at)
    await liken_reports(tx, [(request_id, number, report) for request_id, number, report, _ in fresh])
    await publish_all(
        tx,
        [(_imported(source_name, request_id, number, report), 1) for request_id, number, report, _ in fresh],
        at=at,
    )
    await end_reports(tx, ended, by.subject, at)
    return outcomes


def _known(request_id: UUID, number: str, report: Report) -> Known:
    return Known(
        request_id, number, report.content, report.facts, report.state, report.state, report.occurred_at,
        report.latitude, report.longitude,
    )  # fmt: skip


def _imported(source: str, request_id: UUID, number: str, report: Report) -> RequestImported:
    return RequestImported(
        request_id=request_id, resident_id=None, unit_id=report.unit_id, case_number=number,
        category=report.category, source=source, source_number=report.number, state=report.state.value,
        occurred_at=report.occurred_at,
    )  # fmt: skip
