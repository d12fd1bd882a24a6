"""How often one person may call the gateway: counted by who they are, told when to come again, at no cost to others."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest
from resident_gateway.admission import PEOPLE_AT_ONE_ADDRESS

from .neighbour_service import NeighbourService

ACCEPT = "/api/v1/offers/offer-1/accept"
READS, COMMANDS, EXPENSIVE = 5, 3, 2


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the gateway is made, which reads them."""
    for kind, count in (("SIGN_IN", 1), ("READS", READS), ("COMMANDS", COMMANDS), ("EXPENSIVE", EXPENSIVE)):
        monkeypatch.setenv(f"GATEWAY_{kind}_PER_MINUTE", str(count))


async def _statuses(times: int, call: Any) -> list[int]:
    return [(await call()).status_code for _ in range(times)]


def _in(statuses: list[int]) -> int:
    assert statuses == sorted(statuses, key=lambda status: status == 429), (
        "first those who get in, then nobody"
    )
    return sum(status != 429 for status in statuses)


@pytest.fixture
def anna(gateway: ServiceUnderTest) -> Caller:
    return gateway.caller("resident")


async def test_who_calls_too_often_is_told_when_to_come_again(
    gateway: ServiceUnderTest, anna: Caller
) -> None:
    await _statuses(COMMANDS, lambda: gateway.post(ACCEPT, by=anna))
    answer = await gateway.post(ACCEPT, by=anna, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["content-type"]) == (429, "application/problem+json")
    assert answer.json()["type"] == "/problems/too-many-requests"
    assert 1 <= int(answer.headers["retry-after"]) <= 60 / COMMANDS
    assert answer.headers["retry-after"] in answer.json()["detail"]


async def test_a_call_too_many_goes_nowhere(
    gateway: ServiceUnderTest, neighbour: NeighbourService, anna: Caller
) -> None:
    assert _in(await _statuses(COMMANDS + 3, lambda: gateway.post(ACCEPT, by=anna, json={}))) == COMMANDS
    assert len(neighbour.arrived) == COMMANDS


async def test_the_same_call_again_counts_as_well(gateway: ServiceUnderTest, anna: Caller) -> None:
    assert _in(await _statuses(COMMANDS + 2, lambda: gateway.post(ACCEPT, by=anna, key="one"))) == COMMANDS


async def test_everybody_who_is_signed_in_has_their_own(gateway: ServiceUnderTest, anna: Caller) -> None:
    await _statuses(COMMANDS + 1, lambda: gateway.post(ACCEPT, by=anna))
    assert (await gateway.post(ACCEPT, by=gateway.caller("resident"))).status_code == 201


async def test_one_person_with_two_tokens_is_one_person(gateway: ServiceUnderTest, anna: Caller) -> None:
    again = gateway.caller("volunteer", subject=anna.subject)
    first = await _statuses(COMMANDS, lambda: gateway.post(ACCEPT, by=anna))
    assert 429 not in first
    assert (await gateway.post(ACCEPT, by=again)).status_code == 429


async def test_reads_commands_and_what_is_expensive_are_counted_apart(
    gateway: ServiceUnderTest, anna: Caller
) -> None:
    imported = {"source": "a", "rows": []}
    for expected, call in (
        (EXPENSIVE, lambda: gateway.post("/api/v1/requests/import", by=anna, json=imported)),
        (COMMANDS, lambda: gateway.post(ACCEPT, by=anna)),
        (READS, lambda: gateway.get("/api/v1/units", by=anna)),
    ):
        assert _in(await _statuses(10, call)) == expected


async def test_a_search_among_residents_is_expensive(gateway: ServiceUnderTest, anna: Caller) -> None:
    found = await _statuses(10, lambda: gateway.get("/api/v1/residents?phone=13800138000", by=anna))
    assert _in(found) == EXPENSIVE


async def test_the_hot_read_is_counted_with_the_others(gateway: ServiceUnderTest, anna: Caller) -> None:
    assert _in(await _statuses(READS, lambda: gateway.get("/api/v1/me/timeline", by=anna))) == READS
    assert (await gateway.get("/api/v1/me/timeline", by=anna)).status_code == 429
    assert (await gateway.get("/api/v1/me", by=anna)).status_code == 429


async def test_nobody_in_particular_is_counted_by_their_address_which_many_share(
    gateway: ServiceUnderTest,
) -> None:
    most = READS * PEOPLE_AT_ONE_ADDRESS
    assert _in(await _statuses(most + 5, lambda: gateway.client.get("/"))) == most
    assert (await _at(gateway, "10.1.2.3").get("/")).status_code == 200


async def test_a_token_that_is_not_ours_makes_nobody_somebody_else(gateway: ServiceUnderTest) -> None:
    most = READS * PEOPLE_AT_ONE_ADDRESS

    async def forged() -> httpx.Response:
        return await gateway.client.get("/api/v1/units", headers={"Authorization": f"Bearer a.{uuid4()}.c"})

    assert _in(await _statuses(most + 5, forged)) == most


async def test_signing_in_is_counted_by_address_alone(gateway: ServiceUnderTest, anna: Caller) -> None:
    body = {"grant_type": "password", "account": "nobody", "password": "x"}
    most = PEOPLE_AT_ONE_ADDRESS
    for n in range(most + 5):
        by = anna if n % 2 else gateway.caller("resident")
        headers = {"Authorization": f"Bearer {gateway.token(by)}"}
        answer = await gateway.client.post(
            "/api/v1/auth/otp", json={"phone": f"1380013{n:04d}"}, headers=headers
        )
        assert answer.status_code == (202 if n < most else 429)
    for path, form in (("/api/v1/auth/token", body), ("/code", {}), ("/sign-in", {})):
        assert (await gateway.client.post(path, json=form)).status_code == 429
    assert (await _at(gateway, "10.1.2.3").post("/api/v1/auth/token", json=body)).status_code == 401


async def test_one_ipv6_customer_is_one_address(gateway: ServiceUnderTest) -> None:
    most = READS * PEOPLE_AT_ONE_ADDRESS
    counted = [
        (await _at(gateway, f"2001:db8:1:2::{n:x}").get("/")).status_code == 200 for n in range(1, most + 6)
    ]
    assert sum(counted) == most
    assert (await _at(gateway, "2001:db8:1:3::1").get("/")).status_code == 200


async def test_health_is_never_refused(gateway: ServiceUnderTest) -> None:
    most = READS * PEOPLE_AT_ONE_ADDRESS
    assert _in(await _statuses(most + 5, lambda: gateway.client.get("/livez"))) == most + 5


async def test_the_document_says_so(gateway: ServiceUnderTest) -> None:
    document = (await gateway.get("/openapi.json")).json()
    assert all(
        "429" in each["responses"] for methods in document["paths"].values() for each in methods.values()
    )


def _at(gateway: ServiceUnderTest, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=gateway.app, client=(address, 12345))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_a_thousand_reports_at_once_are_expensive_and_refused_in_the_words_of_open311(
    gateway: ServiceUnderTest,
) -> None:
    """Nobody signs in there: all of them are one address."""
    asked = EXPENSIVE * PEOPLE_AT_ONE_ADDRESS
    statuses = await _statuses(asked + 1, lambda: gateway.client.get("/open311/v2/requests.xml"))
    assert _in(statuses) == asked
    answer = await gateway.client.get("/open311/v2/requests.xml")
    assert (answer.status_code, answer.headers["content-type"]) == (429, "text/xml; charset=utf-8")
    assert b"<errors><error><code>429</code>" in answer.content
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/auth/token%0A"), ("GET", "/open311/v2/requests.json%0A"), ("GET", "/api/v1/me%0A")],
)
async def test_no_address_is_one_thing_to_the_router_and_another_to_who_counts(
    gateway: ServiceUnderTest, anna: Caller, method: str, path: str
) -> None:
    answer = await gateway.client.request(method, path, headers=gateway.headers(anna), json={})
    assert answer.status_code == 400
