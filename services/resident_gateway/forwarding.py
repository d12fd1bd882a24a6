"""The public resources: `/api/v1` + every operation that a service's committed OpenAPI document tags "gateway".

Nothing else of a service is reachable from outside, and the gateway's own document shows exactly these operations.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import httpx
import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from platform_kit.gateway_identity import HEADER
from platform_kit.kit import Kit
from platform_kit.larger_bodies import EXTENSION
from platform_kit.problems import NotFound
from platform_kit.telemetry import caller_address, correlation_id
from resident_gateway.clients import CLIENTS, Call, Client, ask, ask_for_stream
from resident_gateway.directory import Directory
from resident_gateway.problems import HeaderUnreadable

PREFIX = "/api/v1"
TAG = "gateway"
_SCHEMAS = "#/components/schemas/"
_ASKED = (
    "authorization",
    "idempotency-key",
    "accept-language",
    "if-match",
    "traceparent",
    "content-type",
    "accept",
)
_ANSWERED = ("content-type", "etag", "retry-after", "www-authenticate", "content-disposition")


@dataclass(frozen=True, slots=True)
class Operation:
    service: str
    method: str
    path: str
    described: dict[str, Any]


@cache
def documents() -> dict[str, dict[str, Any]]:
    """The committed OpenAPI document of each service."""
    folder = files("service_apis")
    return {
        path.name.removesuffix(".json"): orjson.loads(path.read_bytes())
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if path.name.endswith(".json")
    }


def operations(found: dict[str, dict[str, Any]]) -> Iterator[Operation]:
    """Fixed paths before templates, so that `/volunteers/me` is never taken for an id."""
    listed = [
        Operation(service, method.upper(), path, described)
        for service, document in found.items()
        for path, methods in document["paths"].items()
        for method, described in methods.items()
        if TAG in described.get("tags", ())
    ]
    return iter(
        sorted(listed, key=lambda operation: (operation.path.count("{"), operation.path, operation.method))
    )


class Forwarding(BaseRoute):
    """Every operation that is passed on, as one route: an unknown path is 404, a wrong method 405."""

    def __init__(self, listed: Iterable[Operation]) -> None:
        self._directory = Directory((each.method, PREFIX + each.path, Forwarded(each)) for each in listed)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or (found := self._directory.find(scope["path"])) is None:
            return Match.NONE, {}
        methods, values = found
        forwarded = methods.get(scope["method"])
        if forwarded is None:
            return Match.PARTIAL, {"allowed": ", ".join(methods)}
        return Match.FULL, {"endpoint": forwarded.forward, "path_params": values, "route": forwarded}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "allowed" in scope:
            raise HTTPException(405, headers={"Allow": scope["allowed"]})
        answer = await scope["endpoint"](Request(scope, receive))
        await answer(scope, receive, send)


def forwarding_router(found: dict[str, dict[str, Any]] | None = None) -> APIRouter:
    """What takes a larger body is a route of its own, at which the kit reads how large it may be."""
    router = APIRouter()
    listed = list(operations(documents() if found is None else found))
    for operation in listed:
        if bound := operation.described.get(EXTENSION):
            router.add_api_route(
                PREFIX + operation.path, Forwarded(operation).forward, methods=[operation.method],
                include_in_schema=False, openapi_extra={EXTENSION: bound},
            )  # fmt: skip
    router.routes.append(Forwarding(each for each in listed if EXTENSION not in each.described))
    return router


def describe(schema: dict[str, Any]) -> dict[str, Any]:
    """The gateway's own document with the forwarded operations in it; schema names carry their service."""
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for service, document in documents().items():
        for name, described in document.get("components", {}).get("schemas", {}).items():
            components.setdefault(_public_name(service, name), _renamed(described, service))
    for operation in operations(documents()):
        described = _renamed(operation.described, operation.service) | {"tags": [operation.service]}
        schema["paths"].setdefault(PREFIX + operation.path, {})[operation.method.lower()] = described
    # What only the gateway does: it counts (admission.py), and reads headers before it passes them on.
    for operations_ in schema["paths"].values():
        for described in operations_.values():
            described["responses"].setdefault(
                "429", described["responses"]["503"] | {"description": "too many"}
            )
    return schema


def _public_name(service: str, schema: str) -> str:
    return schema if schema in ("Problem", "Fault") else f"{service}.{schema}"


def _renamed(part: Any, service: str) -> Any:
    """A copy whose references point at the public names."""
    if isinstance(part, dict):
        return {key: _renamed(value, service) for key, value in part.items()}
    if isinstance(part, list):
        return [_renamed(each, service) for each in part]
    if isinstance(part, str) and part.startswith(_SCHEMAS):
        return _SCHEMAS + _public_name(service, part.removeprefix(_SCHEMAS))
    return part


def _inner_path(template: str, values: Mapping[str, str]) -> str:
    """The operation's own path. A value stays one segment: a `..` or a `?` in it must not reach what is not public."""
    if any(value in (".", "..") for value in values.values()):
        raise NotFound
    return template.format_map({name: quote(value, safe="") for name, value in values.items()})


class Forwarded:
    """One operation; `path` is its template, for logs and figures."""

    def __init__(self, operation: Operation) -> None:
        self.path = PREFIX + operation.path
        self._operation = operation
        self._streamed = is_streamed(operation)

    async def forward(self, request: Request) -> Response:
        kit: Kit = request.app.state.kit
        client: Client = kit.state[CLIENTS][self._operation.service]
        headers = {name: ", ".join(values) for name in _ASKED if (values := request.headers.getlist(name))}
        if not all(value.isascii() for value in headers.values()):
            raise HeaderUnreadable
        headers |= origin_headers(client)
        path = _inner_path(self._operation.path, request.path_params)
        call = Call(request.method, path, request.scope["query_string"], headers, await request.body())
        if self._streamed:
            return await streamed_answer(client, call)
        answer = await ask(client, call)
        return Response(answer.content, answer.status_code, headers=_passed(answer))


def is_streamed(operation: Operation) -> bool:
    """An answer of lines has no length that anybody knows before."""
    return "text/csv" in operation.described.get("responses", {}).get("200", {}).get("content", {})


def origin_headers(client: Client) -> dict[str, str]:
    """What a service is told about where a call comes from; what the caller says of it is not passed on."""
    return {
        "x-correlation-id": correlation_id.get(),
        "x-caller-address": caller_address.get(),
        HEADER: client.identity.shown(),
    }


async def streamed_answer(client: Client, call: Call) -> Response:
    """Passed on as it comes."""
    answer = await ask_for_stream(client, call)

    async def pieces() -> AsyncIterator[bytes]:
        try:
            async for piece in answer.aiter_raw():
                yield piece
        finally:
            await answer.aclose()

    return StreamingResponse(pieces(), answer.status_code, headers=_passed(answer))


def _passed(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name in _ANSWERED if (value := answer.headers.get(name)) is not None}
