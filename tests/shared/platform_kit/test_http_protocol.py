"""What comes before a request is bounded, in bytes and in time; nobody else is hurried."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn

from platform_kit import http_protocol
from platform_kit.http_protocol import LARGEST_HEAD, BoundedProtocol

SHORT = 0.3


@dataclass
class Server:
    """Its app reads the whole body, waits for as long as the path says, and answers with the body's length."""

    port: int

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()


async def _app(scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await asyncio.sleep(float(scope["path"].strip("/") or 0))
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(str(len(body))))],
        }
    )
    await send({"type": "http.response.body", "body": str(len(body)).encode()})


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", SHORT)
    config = uvicorn.Config(
        _app, port=0, lifespan="off", log_config=None, http=BoundedProtocol, ws="none", timeout_keep_alive=30
    )
    running = uvicorn.Server(config)
    task = asyncio.create_task(running._serve())
    while not running.started:
        await asyncio.sleep(0.01)
    yield Server(running.servers[0].sockets[0].getsockname()[1])
    running.should_exit = True
    await task


async def _answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(10):
        return await reader.readuntil(b"\r\n\r\n")


async def _ended(reader: asyncio.StreamReader) -> float:
    """Seconds until the other end has closed."""
    began = time.monotonic()
    async with asyncio.timeout(10):
        while await reader.read(65536):
            continue
    return time.monotonic() - began


@pytest.mark.parametrize("size", [LARGEST_HEAD + 1, 200_000, 1_000_000])
async def test_a_head_that_is_too_large_is_431(server: Server, size: int) -> None:
    async with server.connection() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"a" * size + b"\r\n\r\n")
        answer = await _answer(reader)
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert b"application/problem+json" in answer
        await _ended(reader)


async def test_headers_without_end_are_not_kept(server: Server) -> None:
    async with server.connection() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        for n in range(2000):
            writer.write(b"X-%d: %s\r\n" % (n, b"a" * 100))
            await asyncio.sleep(0)
        assert (await _answer(reader)).startswith(b"HTTP/1.1 431 ")


async def test_a_long_line_is_431_and_an_ordinary_one_is_not(server: Server) -> None:
    async with server.connection() as (reader, writer):
        writer.write(b"GET /?" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await _answer(reader)).startswith(b"HTTP/1.1 200 ")
        await reader.readexactly(1)
        writer.write(b"GET /?" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await _answer(reader)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
async def test_who_takes_too_long_with_a_head_is_cut_off(server: Server, begun: bytes) -> None:
    async with server.connection() as (reader, writer):
        writer.write(begun)
        assert SHORT / 2 < await _ended(reader) < 5


@pytest.mark.parametrize("begun", [b"GET / HT", b"\r\n"])
async def test_the_next_head_on_a_connection_is_not_waited_for_either(server: Server, begun: bytes) -> None:
    async with server.connection() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await _answer(reader)).startswith(b"HTTP/1.1 200 ")
        await reader.readexactly(1)
        writer.write(begun)
        assert await _ended(reader) < 5


async def test_a_slow_answer_a_large_body_and_an_idle_connection_are_left_alone(server: Server) -> None:
    async with server.connection() as (reader, writer):
        for _ in range(2):
            writer.write(b"POST /%.1f HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" % (SHORT * 2))
            writer.write(b"x" * 300_000)
            assert (await _answer(reader)).startswith(b"HTTP/1.1 200 ")
            assert await reader.readexactly(6) == b"300000"
            await asyncio.sleep(SHORT * 2)


async def test_calls_that_come_together_are_answered_in_turn(server: Server) -> None:
    async with server.connection() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n" + b"x" * 40_000)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await _answer(reader)).startswith(b"HTTP/1.1 200 ")
        assert await reader.readexactly(5) == b"40000"
        assert (await _answer(reader)).startswith(b"HTTP/1.1 200 ")
