"""A body comes whole and in time, or the call is none."""

import asyncio
from typing import Any

import pytest

from platform_kit import app
from platform_kit.app import Limits


async def _call(messages: list[dict[str, Any]]) -> tuple[list[bytes], list[int]]:
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

    scope = {"type": "http", "method": "POST", "path": "/x", "headers": [], "query_string": b""}
    await Limits(inner, "probe", 1)(scope, receive, send)
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


async def test_who_sends_nothing_does_not_keep_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "BODY_SECONDS", 0.05)
    assert await _call([{"type": "http.request", "body": b"{", "more_body": True}]) == ([], [408])
