"""One HTTP client per service, every wait bounded. httpx keeps the API; aiohttp carries it (1,320 against 485 requests/s)."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import cast

import httpx
from httpx_aiohttp import AiohttpTransport

from platform_kit.gateway_identity import Identity
from platform_kit.kit import Kit
from platform_kit.problems import InProgress, Unavailable
from platform_kit.telemetry import log
from resident_gateway.settings import GatewaySettings

CLIENTS = "clients"
ANSWER_SECONDS = 30.0
LOST_SECONDS = 10.0
TRIES = 3
IN_PROGRESS_SECONDS = 2.0
_DEADLINES = {"timeout": httpx.Timeout(ANSWER_SECONDS, connect=2.0, pool=3.0).as_dict()}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Client:
    """One service behind httpx's transport interface. What httpx's client adds to it (redirects, cookies, authentication,
    merged URLs) a gateway must not do, and it was two fifths of the gateway's time."""

    transport: httpx.AsyncBaseTransport
    base_url: str
    identity: Identity

    async def send(self, call: Call) -> httpx.Response:
        """The whole answer; httpx.TransportError when there is none."""
        answer = await self.start(call)
        try:
            await answer.aread()
        finally:
            await answer.aclose()
        return answer

    async def start(self, call: Call) -> httpx.Response:
        """The answer's head; whoever asks reads its body as it comes, and closes it."""
        query = f"?{call.query.decode('latin-1')}" if call.query else ""
        request = httpx.Request(
            call.method,
            self.base_url + call.path + query,
            headers=call.headers,
            content=call.body,
            extensions=_DEADLINES,
        )
        return await self.transport.handle_async_request(request)


@asynccontextmanager
async def client_to(kit: Kit, service: str) -> AsyncIterator[Client]:
    """With a pool of its own: a service that hangs must not take the connections to the others."""
    settings = cast(GatewaySettings, kit.settings)
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with AiohttpTransport(limits=limits, trust_env=False) as transport:
        identity = Identity(settings.signing_key_file, service, kit.wall)
        yield Client(transport, settings.urls()[service], identity)


@asynccontextmanager
async def open_clients(kit: Kit) -> AsyncIterator[None]:
    """Clients live as long as the api process: `kit.state[CLIENTS]`, by service."""
    async with AsyncExitStack() as stack:
        kit.state[CLIENTS] = {
            service: await stack.enter_async_context(client_to(kit, service))
            for service in cast(GatewaySettings, kit.settings).urls()
        }
        yield


async def ask(client: Client, call: Call) -> httpx.Response:
    """The service's answer. A call whose answer was lost is made again if that is safe: a read, or a call with its key.

    Unavailable when there is no answer within the deadline.
    """
    tries = 2 if call.method in SAFE else TRIES if "idempotency-key" in call.headers else 1
    started = time.monotonic()
    attempt = 0
    while True:
        attempt += 1
        try:
            answer = await client.send(call)
        except httpx.TransportError as error:
            log.warning("no answer", path=call.path, attempt=attempt, error=repr(error))
            if time.monotonic() - started > LOST_SECONDS or attempt >= tries:
                raise Unavailable from error
            await asyncio.sleep(0.1 * 2**attempt)
            continue
        if _in_progress(answer) and time.monotonic() - started < IN_PROGRESS_SECONDS:
            await asyncio.sleep(0.05 * min(attempt, 4))
            continue
        return answer


async def ask_for_stream(client: Client, call: Call) -> httpx.Response:
    """For an answer that may be longer than memory: begun once, not asked for again. Unavailable when there is none."""
    try:
        return await client.start(call)
    except httpx.TransportError as error:
        log.warning("no answer", path=call.path, attempt=1, error=repr(error))
        raise Unavailable from error


def _in_progress(answer: httpx.Response) -> bool:
    """Its twin is being worked on and will have an answer in a moment."""
    return (
        answer.status_code == InProgress.status
        and f"/problems/{InProgress.slug()}".encode() in answer.content
    )
