"""What of a service can be reached from outside, what is passed on, and what happens when an answer does not come."""

import asyncio
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from fastapi import FastAPI

from platform_kit.testing import ServiceUnderTest
from resident_gateway.forwarding import documents, forwarding_router, operations

from .neighbour_service import IN_PROGRESS, TASK_TAKEN, LossyLine, NeighbourService

ACCEPT = "/api/v1/offers/offer-1/accept"


async def test_a_call_goes_on_with_its_headers_body_and_query(
    gateway: ServiceUnderTest, neighbour: NeighbourService
) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    sent = {
        "Authorization": "Bearer a.b.c", "Accept-Language": "en", "If-Match": '"3"', "X-Correlation-Id": "call-17",
        "traceparent": trace, "Cookie": "linli_session=secret", "X-Forwarded-For": "10.0.0.1",
    }  # fmt: skip
    answer = await gateway.post(f"{ACCEPT}?why=%E7%A9%BA&n=1", json={"note": "好"}, headers=sent, key="key-1")
    assert answer.status_code == 201
    [call] = neighbour.arrived
    assert (call["path"], call["query"]) == ("/offers/offer-1/accept", "why=%E7%A9%BA&n=1")
    assert call["body"] == '{"note":"好"}'.encode()
    headers = call["headers"]
    assert headers["authorization"] == "Bearer a.b.c"
    assert headers["idempotency-key"] == "key-1"
    assert (headers["accept-language"], headers["if-match"]) == ("en", '"3"')
    assert (headers["x-correlation-id"], headers["traceparent"]) == ("call-17", trace)
    assert headers["content-type"] == "application/json"
    assert "cookie" not in headers
    assert "x-forwarded-for" not in headers


async def test_the_answer_comes_back_with_its_status_type_and_etag(gateway: ServiceUnderTest) -> None:
    answer = await gateway.post(ACCEPT)
    assert (answer.status_code, answer.json()["id"]) == (201, "offer-1")
    assert answer.headers["etag"] == '"7"'
    assert "x-internal" not in answer.headers
    refused = await gateway.get("/api/v1/units")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "9")
    assert refused.headers["content-type"] == "application/problem+json"


async def test_a_lost_answer_is_asked_for_again_with_the_same_key_and_has_one_effect(
    gateway: ServiceUnderTest, neighbour: NeighbourService, line: LossyLine
) -> None:
    line.lose = 2
    answer = await gateway.post(ACCEPT, key="the key")
    assert answer.status_code == 201
    assert [call["headers"]["idempotency-key"] for call in neighbour.arrived] == ["the key"] * 3
    assert neighbour.effects == {"the key": "offer-1"}


async def test_after_three_tries_the_caller_is_told_to_come_back(
    gateway: ServiceUnderTest, neighbour: NeighbourService, line: LossyLine
) -> None:
    line.lose = 100
    answer = await gateway.post(ACCEPT, key="the key")
    assert answer.status_code == 503
    assert len(neighbour.arrived) == 3
    line.lose = 0
    assert (await gateway.post(ACCEPT, key="the key")).status_code == 201
    assert neighbour.effects == {"the key": "offer-1"}


async def test_a_call_without_a_key_is_never_made_twice(
    gateway: ServiceUnderTest, neighbour: NeighbourService, line: LossyLine
) -> None:
    line.lose = 1
    answer = await gateway.client.post(ACCEPT)
    assert answer.status_code == 503
    assert len(neighbour.arrived) == 1


async def test_a_call_whose_twin_is_in_progress_waits_for_its_answer(
    gateway: ServiceUnderTest, neighbour: NeighbourService
) -> None:
    neighbour.refusals = [IN_PROGRESS, IN_PROGRESS]
    answer = await gateway.post(ACCEPT)
    assert answer.status_code == 201
    assert len(neighbour.arrived) == 3


async def test_a_twin_that_takes_too_long_is_told_so(
    gateway: ServiceUnderTest, neighbour: NeighbourService
) -> None:
    neighbour.refusals = [IN_PROGRESS] * 1000
    async with asyncio.timeout(10):
        answer = await gateway.post(ACCEPT)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/in-progress")
    assert 2 < len(neighbour.arrived) < 100


async def test_any_other_refusal_is_passed_back_at_once(
    gateway: ServiceUnderTest, neighbour: NeighbourService
) -> None:
    neighbour.refusals = [TASK_TAKEN]
    answer = await gateway.post(ACCEPT)
    assert (answer.status_code, answer.json()) == (409, TASK_TAKEN)
    assert len(neighbour.arrived) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_service_that_is_down_is_503_with_a_time_to_come_back(
    gateway: ServiceUnderTest, line: LossyLine, method: str
) -> None:
    await line.cut()
    path = "/api/v1/units" if method == "GET" else ACCEPT
    answer = await gateway.client.request(method, path, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("identifier", ["%2E%2E", "%2e.", "%2E", "..%2F..%2Freadyz"])
async def test_an_identifier_that_would_leave_its_place_is_404(
    gateway: ServiceUnderTest, neighbour: NeighbourService, identifier: str
) -> None:
    assert (await _cancel(gateway, identifier)).status_code == 404
    assert neighbour.arrived == []


@pytest.mark.parametrize(
    "identifier",
    ["a%3Fb=1", "a%23b", "..%3Fx", "a%2525", "a;b", "%E7%8E%8B", "a%5Cb", "a%00b", "a+b", "..."],
)
async def test_an_identifier_stays_one_segment_whatever_it_holds(
    gateway: ServiceUnderTest, neighbour: NeighbourService, identifier: str
) -> None:
    """Else a `?` in it would cut the path short, and reach an operation that is not public."""
    await _cancel(gateway, identifier)
    [call] = neighbour.arrived
    assert call["query"] == ""
    _, tasks, segment, cancel = call["path"].split("/")
    assert (tasks, unquote(segment), cancel) == ("tasks", unquote(identifier), "cancel")


async def _cancel(gateway: ServiceUnderTest, identifier: str) -> httpx.Response:
    target = httpx.URL("http://test").copy_with(raw_path=f"/api/v1/tasks/{identifier}/cancel".encode())
    return await gateway.client.post(target, headers={"Idempotency-Key": "k"})


async def test_what_no_document_names_does_not_exist(
    gateway: ServiceUnderTest, neighbour: NeighbourService
) -> None:
    assert (await gateway.get("/api/v1/readyz")).status_code == 404
    assert (await gateway.get("/api/v1/local/clock")).status_code == 404
    assert (await gateway.get("/tasks")).status_code == 404
    assert (await gateway.put("/api/v1/tasks/1/cancel")).status_code == 405
    assert neighbour.arrived == []


async def test_only_operations_that_are_tagged_are_public() -> None:
    document: dict[str, Any] = {
        "paths": {
            "/things/{thing_id}": {"get": {"tags": ["gateway"]}, "post": {"tags": ["internal"]}},
            "/things/all": {"get": {"tags": ["gateway"]}},
            "/secrets": {"get": {}},
        }
    }
    listed = [(each.method, each.path) for each in operations({"a_service": document})]
    assert listed == [("GET", "/things/all"), ("GET", "/things/{thing_id}")]
    app = FastAPI()
    app.router.routes.extend(forwarding_router({"a_service": document}).routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/api/v1/secrets")).status_code == 404
        assert (await client.post("/api/v1/things/1")).status_code == 405


async def test_a_body_above_one_mebibyte_goes_nowhere(
    gateway: ServiceUnderTest, neighbour: NeighbourService
) -> None:
    answer = await gateway.post(ACCEPT, content=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert neighbour.arrived == []
    assert (await gateway.post(ACCEPT, content=b"x" * 1024 * 1024)).status_code == 201


def test_no_two_services_publish_the_same_operation() -> None:
    listed = [(each.method, each.path) for each in operations(documents())]
    assert listed
    assert len(listed) == len(set(listed))


async def test_the_document_shows_every_public_operation_and_all_that_it_refers_to(
    gateway: ServiceUnderTest,
) -> None:
    document = (await gateway.get("/openapi.json")).json()
    for each in operations(documents()):
        assert each.method.lower() in document["paths"]["/api/v1" + each.path]
    schemas = document["components"]["schemas"]
    missing = [
        name for name in _references(document) if name.removeprefix("#/components/schemas/") not in schemas
    ]
    assert missing == []
    named = [each["operationId"] for methods in document["paths"].values() for each in methods.values()]
    assert len(named) == len(set(named))


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [name for value in part.values() for name in _references(value)]
    if isinstance(part, list):
        return [name for each in part for name in _references(each)]
    return []
