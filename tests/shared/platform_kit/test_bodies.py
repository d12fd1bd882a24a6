"""A body comes whole and in time, or the call is none."""

import asyncio
from typing import Any

import pytest
from fastapi import APIRouter

from platform_kit import app
from platform_kit.app import LARGEST_BODY, Limits
from platform_kit.larger_bodies import LargerBodies, larger_body


async def _call(
    messages: list[dict[str, Any]],
    *,
    method: str = "POST",
    path: str = "/x",
    length: int = 0,
    larger: LargerBodies | None = None,
) -> tuple[list[bytes], list[int]]:
    """The bodies that the app was given, and the statuses that were answered; after `messages` nothing more comes."""
    given, statuses = [], []

    async def inner(_: Any, receive: Any, send: Any) -> None:
        given.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"content-length", str(length).encode()) if length else (b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b""}
    await Limits(inner, "probe", 1, larger)(scope, receive, send)
    return given, statuses


async def test_a_body_that_comes_in_parts_is_given_whole() -> None:
    parts = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.request", "body": b"}", "more_body": False},
    ]
    assert await _call(parts) == ([b"{}"], [200])


async def test_a_body_that_is_cut_off_is_no_call() -> None:
    cut = [{"type": "http.request", "body": b"", "more_body": True}, {"type": "http.disconnect"}]
    assert await _call(cut) == ([], [])


METHODS = pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "OPTIONS", "DELETE"])


@METHODS
async def test_who_sends_nothing_does_not_keep_their_place(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(app, "BODY_SECONDS", 0.05)
    assert await _call([{"type": "http.request", "body": b"{", "more_body": True}], method=method) == (
        [],
        [408],
    )


@METHODS
async def test_what_comes_in_parts_without_a_length_is_cut_at_the_limit(method: str) -> None:
    """A GET has a body if it says so: one in parts was taken in whole, by whoever."""
    part = {"type": "http.request", "body": b"x" * LARGEST_BODY, "more_body": True}
    parts = [part] * 64
    assert await _call(parts, method=method) == ([], [413])
    assert len(parts) == 62


def _larger() -> LargerBodies:
    router = APIRouter()
    router.add_api_route(
        "/pictures/{number}", lambda: None, methods=["POST"], openapi_extra=larger_body(3 * LARGEST_BODY)
    )
    return LargerBodies((router,))


@pytest.mark.parametrize(
    ("at_once", "size", "other"),
    [(8, 2, 2 * LARGEST_BODY), (160, 2 * LARGEST_BODY, 2)],
    ids=["any body", "a larger body"],
)
async def test_one_address_that_sends_no_bodies_leaves_places_for_others(
    at_once: int, size: int, other: int
) -> None:
    """160 calls that never become whole: a quarter of the eight places is theirs; everybody else is answered, and they with what is
    of the other size."""
    answered: list[tuple[str, int]] = []

    async def inner(_: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    limits = Limits(inner, "probe", at_once, _larger(), passed_on=False)

    async def call(address: str, whole: bool, size: int = size) -> None:
        async def receive() -> dict[str, Any]:
            if not whole:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        async def send(message: Any) -> None:
            answered.append((address, message["status"])) if "status" in message else None

        headers = [(b"content-length", str(size).encode())]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/pictures/7",
            "headers": headers,
            "query_string": b"",
            "client": (address, 1),
        }
        await limits(scope, receive, send)

    holding = [asyncio.create_task(call("203.0.113.7", whole=False)) for _ in range(160)]
    try:
        async with asyncio.timeout(5):
            while len(answered) < 158:
                await asyncio.sleep(0)
        assert set(answered) == {("203.0.113.7", 503)}
        await call("198.51.100.9", whole=True)
        assert answered[-1] == ("198.51.100.9", 200)
        await call("203.0.113.7", whole=True, size=other)
        assert answered[-1] == ("203.0.113.7", 200)
    finally:
        for task in holding:
            task.cancel()
        await asyncio.gather(*holding, return_exceptions=True)
    await call("203.0.113.7", whole=True)
    assert answered[-1] == ("203.0.113.7", 200)


@pytest.mark.parametrize(
    ("path", "size", "told", "status"),
    [
        ("/pictures/7", 3 * LARGEST_BODY, True, 200),
        ("/pictures/7", 3 * LARGEST_BODY + 1, True, 413),
        ("/pictures/7", 2 * LARGEST_BODY, False, 413),
        ("/pictures", 2 * LARGEST_BODY, True, 413),
        ("/pictures/7/8", 2 * LARGEST_BODY, True, 413),
    ],
)
async def test_only_the_route_that_says_so_takes_a_larger_body_and_only_if_its_length_is_told(
    path: str, size: int, told: bool, status: int
) -> None:
    whole = [{"type": "http.request", "body": b"x" * size, "more_body": False}]
    given, statuses = await _call(whole, path=path, length=size if told else 0, larger=_larger())
    assert statuses == [status]
    assert [len(body) for body in given] == ([size] if status == 200 else [])


async def test_larger_bodies_are_taken_in_for_a_few_calls_at_once_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "LARGER_AT_ONCE", 0)
    whole = [{"type": "http.request", "body": b"x" * 2 * LARGEST_BODY, "more_body": False}]
    assert await _call(whole, path="/pictures/7", length=2 * LARGEST_BODY, larger=_larger()) == ([], [503])
    assert await _call([{"type": "http.request", "body": b"x"}]) == ([b"x"], [200])
