"""The api process of any service: its routes, the same health, errors, limits and correlation for all."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from time import perf_counter
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from platform_kit import telemetry
from platform_kit.admission import Admission
from platform_kit.caller_address import address_of, line_of
from platform_kit.calls import language
from platform_kit.db import TROUBLE
from platform_kit.edge import AlreadyAnswered
from platform_kit.gateway_identity import Doorkeeper
from platform_kit.idempotency import response_of
from platform_kit.ids import new_id
from platform_kit.kit import Kit
from platform_kit.larger_bodies import LargerBodies
from platform_kit.local_routes import router as local_router
from platform_kit.policy import compare
from platform_kit.problem_answers import Problem, http_error, invalid, refused
from platform_kit.problems import (
    BodyTooLarge,
    BodyTooSlow,
    NotYours,
    OurFault,
    Overloaded,
    PathUnreadable,
    QueryTooLong,
    Refusal,
    Unavailable,
    Unstorable,
)
from platform_kit.quick_reads import QuickReads
from platform_kit.security_headers import SecurityHeaders, security_headers
from platform_kit.service import Service

LARGEST_BODY = 1024 * 1024
# Bodies are kept whole in memory: those that a route may have larger (`larger_body`) only for so many calls at once.
LARGER_AT_ONCE = 8
# Of so many places at most one is for a call of one address whose body has not come.
WAITING_OF_ONE_ADDRESS = 4
MOST_PARAMETERS = 200
# For each LARGEST_BODY of it. Whoever is taken in takes a place: those who send nothing must not keep it.
BODY_SECONDS = 10.0
# Calls taken in at once for each database connection. What queues longer than this would wait for longer than people do:
# at a thousand commands a second and eight connections, a sixth of a second.
AT_ONCE_PER_CONNECTION = 20
HEALTH = ("/livez", "/readyz")
_CORRELATION = re.compile(r"[\w\-.:]{1,100}", re.ASCII)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def create_api(service: Service, kit: Kit) -> FastAPI:
    """PolicyIncomplete when the service's policy and its operations do not agree."""
    compare(service.whole_policy(), service.all_routers())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await kit.db.open()
            telemetry.CONNECTIONS_IN_USE.labels(service.name).set_function(kit.db.in_use)
            stack.push_async_callback(kit.db.close)
            stack.push_async_callback(kit.sealer.provider.close)
            with suppress(*TROUBLE):
                await kit.wall.set(kit.db)
            for own in (kit.pass_hints_on(), kit.wall.keep(kit.db)):
                stack.push_async_callback(_end, asyncio.create_task(own))
            if service.startup is not None:
                await stack.enter_async_context(service.startup(kit))
            yield

    # A path with a slash too many is no path of ours: a redirect would be an answer that no document declares, made of the Host header.
    app = FastAPI(
        title=service.title,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # The kit measures and logs; FastAPI's own would look at its environment anew for every call.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.kit = kit
    app.state.policy = service.whole_policy()
    app.state.doorkeeper = Doorkeeper(kit.verifier, service.name) if service.behind_gateway else None
    routers = (*service.all_routers(), *([local_router] if kit.settings.mode == "local" else []))
    for router in routers:
        # Included routers are asked twice for every call (once whether, once which): a third of the gateway's way.
        app.router.routes.extend(router.routes)
    _add_health(app, kit)
    _add_errors(app, kit.settings.mode)
    app.add_middleware(QuickReads, routes=app.router.routes)
    app.add_middleware(
        Limits,
        service=service.name,
        at_once=AT_ONCE_PER_CONNECTION * kit.settings.pool_size,
        larger=LargerBodies(service.routers),
        admission=service.admission(kit) if service.admission else None,
        passed_on=not service.public_root,
    )
    if service.around is not None:
        app.add_middleware(service.around)
    app.add_middleware(SecurityHeaders, mode=kit.settings.mode)
    if origins := [each.strip() for each in kit.settings.cors_origins.split(",") if each.strip()]:
        app.add_middleware(CORSMiddleware, **_cors(origins))
    if kit.settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=kit.settings.trusted_proxies)
    app.openapi = lambda: document(app, service.describe)  # type: ignore[method-assign]
    return app


def document(
    app: FastAPI, describe: Callable[[dict[str, Any]], dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The app's OpenAPI with what every operation may also answer."""
    if app.openapi_schema:
        return app.openapi_schema
    schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components |= problem.pop("$defs", {}) | {"Problem": problem}
    refusal = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for operations in schema.get("paths", {}).values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            for status, meaning in (("400", "malformed"), ("401", "not signed in"), ("403", "not permitted"),
                                    ("408", "too slow"), ("413", "too large"), ("422", "invalid input"), ("431", "headers too large"), ("503", "unavailable")):  # fmt: skip
                operation["responses"].setdefault(status, {"description": meaning} | refusal)
    app.openapi_schema = describe(schema) if describe else schema
    return app.openapi_schema


def _cors(origins: list[str]) -> dict[str, Any]:
    """For the pages of others, with a token of their own: never with our cookies."""
    return {
        "allow_origins": origins,
        "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
        "allow_headers": ["Authorization", "Idempotency-Key", "If-Match", "X-Correlation-Id"],
        "expose_headers": ["ETag", "Retry-After", "X-Correlation-Id"],
    }


def _add_health(app: FastAPI, kit: Kit) -> None:
    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        """Ready needs the database, never the broker: with the broker down commands still succeed."""
        if await kit.db.answers():
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "no database"}, 503, {"Retry-After": "2"})


def _add_errors(app: FastAPI, mode: str) -> None:
    @app.exception_handler(AlreadyAnswered)
    async def again(_: Request, call: AlreadyAnswered) -> Response:
        return response_of(call.answer)

    @app.exception_handler(Refusal)
    async def refuse(request: Request, refusal: Refusal) -> Response:
        return refused(refusal, language(request))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        return invalid(error, language(request))

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        return http_error(error, language(request))

    @app.exception_handler(asyncpg.DataError)
    async def unstorable(request: Request, error: asyncpg.DataError) -> Response:
        """The last guard behind the bodies' own bounds: a value that the database cannot hold is the caller's."""
        telemetry.log.warning("unstorable input", path=request.url.path, sqlstate=error.sqlstate)
        return refused(Unstorable(), language(request))

    @app.exception_handler(asyncpg.InsufficientPrivilegeError)
    async def barred(request: Request, error: asyncpg.InsufficientPrivilegeError) -> Response:
        """The second barrier held where the first let somebody pass: they are refused, and the log asks why."""
        telemetry.log.error("row security refused", path=request.url.path, error=str(error))
        return refused(NotYours(), language(request))

    @app.exception_handler(Exception)
    async def ours(request: Request, error: Exception) -> Response:
        """A fault of ours, told in the same form as everything else; the log has the rest."""
        telemetry.log.error("failed", error=type(error).__name__, exc_info=error)
        answer = refused(OurFault(), language(request))
        # It is made outside of everything that we put around the app.
        answer.headers.update(security_headers(mode))
        answer.headers["X-Correlation-Id"] = telemetry.correlation_id.get()
        return answer

    async def away(request: Request, error: Exception) -> Response:
        telemetry.log.warning("database away or busy", path=request.url.path, error=repr(error))
        return refused(Unavailable(), language(request))

    for trouble in TROUBLE:
        app.add_exception_handler(trouble, away)


class _HungUp(Exception):
    """The caller was gone before the call was whole."""


class Limits:
    """Pure ASGI: bounds what is taken in at once and each call, carries the correlation id, measures the answer.

    `passed_on`: calls come through the gateway, which says from where.
    """

    def __init__(
        self,
        app: ASGIApp,
        service: str,
        at_once: int,
        larger: LargerBodies | None = None,
        admission: Admission | None = None,
        passed_on: bool = True,
    ) -> None:
        self._app = app
        self._passed_on = passed_on
        self._service = service
        self._at_once = at_once
        self._larger = larger or LargerBodies()
        self._admission = admission
        self._taken_in = 0
        self._large = 0
        self._waiting: Counter[tuple[str, bool]] = Counter()
        telemetry.TAKEN_IN.labels(service).set_function(lambda: self._taken_in)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in HEALTH:
            await self._app(scope, receive, send)
        elif self._taken_in >= self._at_once:
            await self._turn_away(scope, receive, send)
        else:
            self._taken_in += 1
            try:
                await self._take_in(scope, receive, send)
            finally:
                self._taken_in -= 1

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """It must cost little, or nothing is left for those who were let in."""
        telemetry.TURNED_AWAY.labels(self._service).inc()
        await refused(Overloaded(), language(Request(scope)))(scope, receive, send)

    async def _take_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        correlation = headers.get(b"x-correlation-id", "")
        if not _CORRELATION.fullmatch(correlation):
            correlation = str(new_id())
        telemetry.correlation_id.set(correlation)
        given = address_of(headers.get(b"x-caller-address", "")) if self._passed_on else ""
        telemetry.caller_address.set(given or address_of((scope.get("client") or ("",))[0]))
        trace = headers.get(b"traceparent", "")
        telemetry.traceparent.set(trace if _TRACEPARENT.fullmatch(trace) else "")
        status, started = 500, perf_counter()

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-correlation-id", correlation.encode())]
            await send(message)

        length = headers.get(b"content-length", "0")
        large = length.isascii() and length.isdigit() and int(length) > LARGEST_BODY
        if large and self._large >= LARGER_AT_ONCE:
            return await self._turn_away(scope, receive, send_marked)
        self._large += large
        hung_up = False
        try:
            if self._admission is not None:
                await self._admission(scope, headers)
            if scope["path"].endswith("\n"):
                # To the router that is the path without it, and to whoever else asks what is called, something else.
                raise PathUnreadable
            if scope["query_string"].count(b"&") >= MOST_PARAMETERS:
                raise QueryTooLong(limit=MOST_PARAMETERS)
            limit = self._larger.bound(scope, LARGEST_BODY) if large else LARGEST_BODY
            if large and int(length) > limit:
                raise BodyTooLarge(limit=limit)
            # Whatever the method: what tells neither its length nor that it comes in parts has no body.
            if length != "0" or b"transfer-encoding" in headers:
                receive = await self._awaited(limit, large, receive)
        except _HungUp:
            hung_up = True
        except Refusal as refusal:
            await refused(refusal, language(Request(scope)))(scope, receive, send_marked)
        else:
            await self._app(scope, receive, send_marked)
        finally:
            self._large -= large
            # Also what is answered outside of here: a fault of ours, and whoever was gone before they were answered.
            if not hung_up:
                self._measure(scope, status, perf_counter() - started)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        """By the route's template, never the path or query: what people type does not go into logs."""
        route = getattr(scope.get("route"), "path", "none")
        telemetry.REQUESTS.labels(self._service, scope["method"], route, str(status)).observe(seconds)
        telemetry.log.info(
            "answered", method=scope["method"], route=route, status=status, seconds=round(seconds, 4)
        )

    async def _awaited(self, limit: int, large: bool, receive: Receive) -> Receive:
        """The body, once it is there. A body comes with its head or soon after; whoever keeps many waiting keeps a part of the
        places and no more, or one address could take all of them with calls that never become whole. The few places
        for larger bodies are counted by themselves."""
        line = line_of(telemetry.caller_address.get()), large
        places = LARGER_AT_ONCE if large else self._at_once
        if self._waiting[line] >= max(1, places // WAITING_OF_ONE_ADDRESS):
            raise Overloaded
        self._waiting[line] += 1
        try:
            return await _bounded(limit, receive)
        finally:
            self._waiting[line] -= 1
            if not self._waiting[line]:
                del self._waiting[line]


async def _bounded(limit: int, receive: Receive) -> Receive:
    """Read the whole body here, at most `limit` bytes of it, so that a refusal comes before any work."""
    try:
        async with asyncio.timeout(BODY_SECONDS * max(1, limit / LARGEST_BODY)):
            body = await _whole(receive, limit)
    except TimeoutError as error:
        raise BodyTooSlow from error
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


async def _whole(receive: Receive, limit: int) -> bytes:
    """Never a part of it: under its key a command would be remembered that nobody sent."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _HungUp
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
    return bytes(body)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
