"""Auditors read the audit, page by page or as CSV, and are themselves written down for it."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest

from platform_kit import audit_reading
from platform_kit.audit import Entry, record
from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest

from .audit_rows import chain_all, fill

PATH = "/audit/probe_service"


async def _visit(probe: ServiceUnderTest, by: Caller, resident: UUID, **body: Any) -> None:
    await probe.post(f"/residents/{resident}/visits", json=body, by=by)


def _auditor(probe: ServiceUnderTest, code: str = "01") -> Caller:
    return probe.caller(posts=[("auditor", uuid4(), code)])


@pytest.mark.parametrize("path", [PATH, f"{PATH}.csv"])
async def test_only_auditors_of_the_whole_house_may_ask(probe: ServiceUnderTest, path: str) -> None:
    assert (await probe.get(path)).status_code == 401
    for role in ("resident", "worker", "finance_lead", "operator"):
        assert (await probe.get(path, by=probe.caller(role))).status_code == 403
    for code in ("01/01", "01/01/001"):
        assert (await probe.get(path, by=_auditor(probe, code))).status_code == 403
    assert (await probe.get(path, by=_auditor(probe))).status_code == 200


async def test_an_auditor_sees_who_did_what_newest_first_with_its_place_in_the_chain(
    probe: ServiceUnderTest,
) -> None:
    by, resident = probe.caller("worker"), uuid4()
    await _visit(probe, by, resident)
    await chain_all(probe)
    await _visit(probe, by, resident, gone=True)
    page = (await probe.get(PATH, by=_auditor(probe))).json()
    refused, done = page["items"]
    assert (refused["outcome"], refused["status"], refused["seq"]) == ("not-found", 404, None)
    assert (done["outcome"], done["status"], done["seq"]) == ("done", 201, 1)
    assert done["actor"] == str(by.subject)
    assert done["subject"] == str(resident)
    assert done["object"] == {"resident_id": str(resident), "id": str(resident)}
    assert (done["service"], done["operation"], done["roles"]) == ("probe_service", "post_visit", ["worker"])
    assert bytes.fromhex(done["key_digest"])
    assert page["next"] is None


async def test_it_can_be_asked_for_a_person_a_resident_an_operation_and_a_period(
    probe: ServiceUnderTest,
) -> None:
    one, other, resident = probe.caller("worker"), probe.caller("worker"), uuid4()
    await _visit(probe, one, resident)
    await _visit(probe, other, resident)
    await _visit(probe, other, uuid4())
    await probe.post("/raise", json={"counter_id": str(uuid4())}, by=probe.caller("resident"))
    auditor = _auditor(probe)

    async def found(**asked: str) -> int:
        answer = await probe.get(PATH, by=auditor, params=asked | {"limit": "200"})
        assert answer.status_code == 200, answer.text
        return sum(item["operation"] != "read_audit" for item in answer.json()["items"])

    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    assert await found() == 4
    assert await found(actor=str(one.subject)) == 1
    assert await found(subject=str(resident)) == 2
    assert await found(operation="post_raise") == 1
    assert await found(actor=str(other.subject), subject=str(resident)) == 1
    assert await found(**{"from": (now - hour).isoformat(), "to": (now + hour).isoformat()}) == 4
    assert await found(**{"from": (now + hour).isoformat(), "to": (now + 2 * hour).isoformat()}) == 0
    assert await found(to=(now - hour).isoformat()) == 0
    assert (await probe.get(PATH, by=auditor, params={"from": "2026-11-25T08:00:00"})).status_code == 422


async def test_without_a_beginning_the_last_31_days_are_meant(probe: ServiceUnderTest) -> None:
    """Also when the house's clock was moved: rows are of the real time."""
    old, recent = uuid4(), uuid4()
    async with probe.tx() as tx:
        for days, whom in ((32, old), (30, recent)):
            await tx.execute(
                """
                INSERT INTO audit (id, at, roles, subject, operation, object, outcome, status, correlation_id)
                SELECT uuidv7($1::int * interval '-1 day'), clock_timestamp() - $1 * interval '1 day', '{}', $2, 'x', '{}',
                       'done', 200, ''
                """,
                days,
                whom,
            )
    await probe.advance(timedelta(days=400))
    auditor = _auditor(probe)
    items = (await probe.get(PATH, by=auditor, params={"operation": "x"})).json()["items"]
    assert [item["subject"] for item in items] == [str(recent)]
    since = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    items = (await probe.get(PATH, by=auditor, params={"operation": "x", "from": since})).json()["items"]
    assert [item["subject"] for item in items] == [str(recent), str(old)]


async def test_pages_follow_each_other_without_gap_or_double_though_more_is_written(
    probe: ServiceUnderTest,
) -> None:
    await fill(probe, 25)
    expected = [str(row["id"]) for row in reversed(await probe.audited())]
    auditor, seen, cursor = _auditor(probe), [], None
    while True:
        asked = {"operation": "post_visit", "limit": "7"} | ({"cursor": cursor} if cursor else {})
        page = (await probe.get(PATH, by=auditor, params=asked)).json()
        seen += [item["id"] for item in page["items"]]
        await fill(probe, 3)
        if (cursor := page["next"]) is None:
            break
    assert seen == expected


async def test_a_look_at_the_audit_is_in_the_audit(probe: ServiceUnderTest) -> None:
    auditor, actor, resident = _auditor(probe), uuid4(), uuid4()
    asked = {
        "actor": str(actor),
        "subject": str(resident),
        "operation": "x",
        "from": "2026-11-25T08:00:00+08:00",
    }
    await probe.get(PATH, by=auditor, params=asked | {"to": "2026-11-26T08:00:00+08:00"})
    await probe.get(f"{PATH}.csv", by=auditor)
    read, exported = await probe.audited()
    assert (read["actor"], read["operation"], read["subject"]) == (auditor.subject, "read_audit", resident)
    assert read["object"] == {
        "actor": str(actor), "operation": "x", "from": "2026-11-25T00:00:00+00:00", "to": "2026-11-26T00:00:00+00:00",
    }  # fmt: skip
    assert (exported["actor"], exported["operation"]) == (auditor.subject, "export_audit")


async def test_the_export_has_every_row_and_nothing_that_a_spreadsheet_would_run(
    probe: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_reading, "_AT_ONCE", 10)
    await fill(probe, 35)
    resident = uuid4()
    async with probe.tx() as tx:
        reason = '=HYPERLINK("x")'
        await record(tx, Entry(operation="look", subject=resident, object={"what": "a,b"}, reason=reason))
    answer = await probe.get(f"{PATH}.csv", by=_auditor(probe))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-probe_service.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    newest, *others = csv.DictReader(StringIO(answer.content.decode("utf-8-sig")))
    assert newest["subject"] == str(resident)
    assert newest["object"] == "what=a,b"
    assert newest["reason"] == '\'=HYPERLINK("x")'
    assert newest["actor"] == ""
    assert [row["correlation_id"] for row in others] == [str(n) for n in range(35, 0, -1)]
    assert len({row["id"] for row in others}) == 35


async def test_an_export_holds_no_connection_while_its_reader_thinks(probe: ServiceUnderTest) -> None:
    await fill(probe, 2_500)
    async with probe.kit.db.connection() as connection:
        asked = await audit_reading.ask(
            connection, audit_reading.Question(), by=_auditor(probe), how="export_audit"
        )
    lines = audit_reading.csv_lines(probe.kit.db, asked)
    count = 0
    async for some in lines:
        assert probe.kit.db.in_use() == 0
        count += some.count("\r\n")
    assert count == 2_501
