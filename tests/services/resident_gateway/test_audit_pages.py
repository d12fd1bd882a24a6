"""Signing in is written down; auditors see the audit of every service on one page, and download it."""

import asyncio
import csv
from datetime import UTC, datetime
from io import StringIO
from urllib.parse import parse_qsl
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from fastapi.responses import StreamingResponse

from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest
from resident_gateway.clients import CLIENTS, Call
from resident_gateway.forwarding import documents, is_streamed, operations, streamed_answer
from resident_gateway.web.pages import ACCESS

from .conftest import OPERATOR_PASSWORD, PHONE, Entrance
from .neighbour_service import LossyLine, NeighbourService

HERE = {"Origin": "http://test"}
OWN = "/api/v1/audit/resident_gateway"


def _session_of(gateway: ServiceUnderTest, caller: Caller) -> dict[str, str]:
    return {"Cookie": f"{ACCESS}={gateway.token(caller)}"}


def _auditor(gateway: ServiceUnderTest, code: str = "01") -> Caller:
    return gateway.caller(posts=[("auditor", uuid4(), code)])


async def test_signing_in_and_failing_to_are_written_down(entrance: Entrance) -> None:
    resident = await entrance.resident()
    await entrance.ask_code()
    await entrance.sign_in(grant_type="code", phone=PHONE, code="000000x"[:6])
    await entrance.sign_in(grant_type="code", phone=PHONE, code=entrance.newest_code())
    await entrance.sign_in(grant_type="password", account="operator", password=OPERATOR_PASSWORD)
    rows = [
        (row["operation"], row["actor"], row["outcome"], row["status"])
        for row in await entrance.gateway.audited()
    ]
    operator = UUID("00000000-0000-7000-8000-000000000001")
    assert rows[1:] == [
        ("send_code", None, "done", 202),
        ("issue", None, "wrong-credentials", 401),
        ("issue", resident, "done", 200),
        ("issue", operator, "done", 200),
    ]
    assert rows[0][0] == "open_account"
    text = repr(await entrance.gateway.audited())
    for secret in (PHONE, entrance.newest_code(), OPERATOR_PASSWORD, "王奶奶"):
        assert secret not in text


async def test_the_pages_of_signing_in_are_written_down_and_looking_at_ones_home_is_not(
    entrance: Entrance,
) -> None:
    resident = await entrance.resident()
    client = entrance.gateway.client
    await client.post("/code", data={"phone": PHONE}, headers=HERE)
    await client.post("/sign-in", data={"phone": PHONE, "code": "1"}, headers=HERE)
    await client.post("/sign-in", data={"phone": PHONE, "code": entrance.newest_code()}, headers=HERE)
    assert (await client.get("/home")).status_code == 200
    rows = [
        (row["operation"], row["actor"], row["outcome"], row["status"])
        for row in await entrance.gateway.audited()
    ]
    assert rows[1:] == [
        ("ask_code", None, "done", 200),
        ("sign_in", None, "wrong-credentials", 401),
        ("sign_in", resident, "done", 303),
    ]


async def test_failed_tries_at_one_account_are_counted_without_its_name(entrance: Entrance) -> None:
    gateway = entrance.gateway
    await entrance.staff("zhang.worker")
    for account in ("zhang.worker", "nobody.here", "zhang.worker"):
        await entrance.sign_in(grant_type="password", account=account, password="a wrong password")
    await entrance.sign_in(grant_type="code", phone="138 0013 8000", code="000000")
    form = {"phone": PHONE, "code": "000000"}
    await gateway.client.post("/sign-in", data=form, headers=HERE)
    rows = await gateway.audited("issue", "sign_in")
    tried = [row["object"]["account"] for row in rows]
    assert tried[0] == tried[2] != tried[1]
    assert tried[3] == tried[4], "however it is typed, and wherever"
    assert len(set(tried)) == 3
    assert all(row["actor"] is None and row["outcome"] == "wrong-credentials" for row in rows)
    index = gateway.kit.sealer.blind_index(PHONE, for_="account.name")
    text = repr(rows)
    for secret in ("zhang.worker", "nobody.here", PHONE, index.hex()):
        assert secret not in text


async def test_opening_an_account_says_for_whom_also_when_it_is_refused(entrance: Entrance) -> None:
    subject, other = await entrance.resident(), uuid4()
    await entrance.open_account(subject=str(other), roles=["operator"])
    rows = await entrance.gateway.audited("open_account")
    assert [(row["subject"], row["status"]) for row in rows] == [(subject, 200), (other, 422)]


async def test_signing_out_says_who(entrance: Entrance) -> None:
    resident = await entrance.resident()
    token = (await entrance.signed_in_by_code())["refresh_token"]
    leave = entrance.gateway.client.post
    assert (await leave("/api/v1/auth/logout", json={"refresh_token": token})).status_code == 204
    assert (await leave("/api/v1/auth/logout", json={"refresh_token": "made up"})).status_code == 204
    await entrance.ask_code()
    await leave("/sign-in", data={"phone": PHONE, "code": entrance.newest_code()}, headers=HERE)
    await leave("/sign-out", headers=HERE)
    rows = await entrance.gateway.audited("leave", "sign_out")
    assert [(row["operation"], row["actor"]) for row in rows] == [
        ("leave", resident), ("leave", None), ("sign_out", resident),
    ]  # fmt: skip
    assert rows[0]["roles"] == ["resident"]


async def test_where_a_call_comes_from_is_what_the_gateway_saw_and_not_what_the_caller_says(
    gateway: ServiceUnderTest, neighbour: NeighbourService
) -> None:
    lie = {"X-Caller-Address": "9.9.9.9", "X-Forwarded-For": "9.9.9.9"}
    await gateway.post("/api/v1/offers/offer-1/accept", headers=lie)
    [call] = neighbour.arrived
    assert call["headers"]["x-caller-address"] == "127.0.0.1"
    await gateway.client.post("/api/v1/auth/otp", json={"phone": PHONE}, headers=lie)
    assert [row["address"] for row in await gateway.audited()] == ["127.0.0.1"]


async def test_the_gateways_own_audit_is_read_like_any_other(entrance: Entrance) -> None:
    await entrance.ask_code()
    gateway = entrance.gateway
    assert (await gateway.get(OWN, by=gateway.caller("operator"))).status_code == 403
    items = (await gateway.get(OWN, by=_auditor(gateway))).json()["items"]
    assert [(item["service"], item["operation"], item["status"]) for item in items] == [
        ("resident_gateway", "read_audit", 403),
        ("resident_gateway", "send_code", 202),
    ]


@pytest.mark.parametrize("path", ["/audit", "/audit.csv"])
async def test_the_page_is_for_auditors(entrance: Entrance, path: str) -> None:
    gateway = entrance.gateway
    nobody = await gateway.client.get(path, follow_redirects=True)
    assert (nobody.status_code, nobody.url.path) == (200, "/")
    for role in ("resident", "operator", "finance_lead"):
        answer = await gateway.client.get(path, headers=_session_of(gateway, gateway.caller(role)))
        assert answer.status_code == 403
    of_a_community = _session_of(gateway, _auditor(gateway, "01/01/001"))
    assert (await gateway.client.get(path, headers=of_a_community)).status_code == 403
    assert 'href="/audit"' not in (await gateway.client.get("/home", headers=of_a_community)).text
    mine = _session_of(gateway, _auditor(gateway))
    assert 'href="/audit"' in (await gateway.client.get("/home", headers=mine)).text
    assert (await gateway.client.get(path, headers=mine)).status_code == 200


async def test_an_auditor_sees_what_was_done_and_that_they_looked_is_seen_next_time(
    entrance: Entrance,
) -> None:
    gateway, auditor = entrance.gateway, _auditor(entrance.gateway)
    operator = gateway.caller("operator")
    body = {
        "account": "<b>x</b>",
        "display_name": "王",
        "kind": "code",
        "subject": str(uuid4()),
        "roles": ["resident"],
    }
    await gateway.post("/api/v1/auth/accounts", json=body, by=operator)
    session = _session_of(gateway, auditor)
    page = (await gateway.client.get("/audit", headers=session)).text
    assert "open_account" in page
    assert str(operator.subject) in page
    assert str(auditor.subject) not in page
    again = (await gateway.client.get("/audit", headers=session)).text
    assert str(auditor.subject) in again
    assert "read_audit" in again
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
    asked = f"/audit?service=resident_gateway&actor={operator.subject}&operation=open_account&day="
    assert (
        str(operator.subject)
        in (await gateway.client.get(asked + today, headers=session)).text.split("<table")[1]
    )
    assert "<table" not in (await gateway.client.get(asked + "2020-01-01", headers=session)).text
    lines = (await gateway.client.get(f"/audit.csv?actor={operator.subject}", headers=session)).text
    assert [row["operation"] for row in csv.DictReader(StringIO(lines.removeprefix("\ufeff")))] == [
        "open_account"
    ]


@pytest.mark.parametrize(
    "query", ["actor=%3Cscript%3E", "day=yesterday", "day=9999-12-31", "actor=13800138000"]
)
async def test_what_is_no_id_and_no_day_finds_nothing_and_the_page_says_so(
    entrance: Entrance, query: str
) -> None:
    session = _session_of(entrance.gateway, _auditor(entrance.gateway))
    page = await entrance.gateway.client.get(f"/audit?{query}", headers=session)
    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert "<script" not in page.text
    assert "<table" not in page.text


async def test_another_services_audit_is_asked_of_it_as_the_auditor(
    gateway: ServiceUnderTest, neighbour: NeighbourService
) -> None:
    auditor = _auditor(gateway)
    token = gateway.token(auditor)
    session = {"Cookie": f"{ACCESS}={token}"}
    query = f"service=relief_disbursement&actor={auditor.subject}&day=2026-11-25"
    page = await gateway.client.get(f"/audit?{query}", headers=session)
    # The neighbour is away for everything but offers: what it answers is passed on.
    assert (page.status_code, page.headers["content-type"]) == (503, "application/problem+json")
    download = await gateway.client.get(f"/audit.csv?{query}", headers=session)
    assert download.status_code == 503
    asked, exported = neighbour.arrived
    assert (asked["path"], exported["path"]) == (
        "/audit/relief_disbursement",
        "/audit/relief_disbursement.csv",
    )
    for call in (asked, exported):
        assert call["headers"]["authorization"] == f"Bearer {token}"
        assert dict(parse_qsl(call["query"])) == {
            "actor": str(auditor.subject),
            "from": "2026-11-25T00:00:00+08:00",
            "to": "2026-11-26T00:00:00+08:00",
        }
    assert (await gateway.client.get("/audit?service=nowhere", headers=session)).status_code == 404


async def test_an_export_is_passed_on_as_it_comes(
    gateway: ServiceUnderTest, neighbour: NeighbourService
) -> None:
    """The neighbour gives the second half only once the first has arrived: whoever waited for the whole would wait forever."""
    client = gateway.kit.state[CLIENTS]["relief_disbursement"]
    answer = await streamed_answer(client, Call("GET", "/long.csv", b"", {}, b""))
    assert isinstance(answer, StreamingResponse)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert "x-internal" not in answer.headers
    pieces = aiter(answer.body_iterator)
    async with asyncio.timeout(20):
        assert await anext(pieces) == b"first,"
        neighbour.may_go_on.set()
        assert [piece async for piece in pieces] == [b"second"]


async def test_an_export_of_a_service_that_is_away_is_refused(
    gateway: ServiceUnderTest, line: LossyLine
) -> None:
    await line.cut()
    by = _auditor(gateway)
    answer = await gateway.get("/api/v1/audit/relief_disbursement.csv", by=by)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")


def test_exports_are_those_that_are_streamed() -> None:
    listed = {operation.path for operation in operations(documents()) if is_streamed(operation)}
    audits = {f"/audit/{service}.csv" for service in documents()}
    assert listed == audits | {"/payment-runs/{payment_run_id}/file"}
