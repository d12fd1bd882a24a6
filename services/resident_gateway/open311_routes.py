"""Open311 GeoReport v2 at the root. The service that has the requests answers; here it is written as JSON or as XML."""

from typing import Any, cast
from urllib.parse import parse_qsl
from uuid import uuid4

import httpx
import orjson
from fastapi import APIRouter, Request, Response

from platform_kit.kit import Kit
from platform_kit.problem_answers import MEDIA_TYPE
from platform_kit.problems import InvalidInput, NotFound, Text
from resident_gateway import open311_forms as forms
from resident_gateway.clients import CLIENTS, Call, Client, ask
from resident_gateway.forwarding import origin_headers
from resident_gateway.open311_forms import MEDIA_TYPES, Format, Resource
from resident_gateway.settings import GatewaySettings

# Its own documents are the standard's; ours would only repeat them.
router = APIRouter(prefix="/open311", include_in_schema=False)

SERVICE = "resident_requests"
MOST_FIELDS = 300
_FORM = "application/x-www-form-urlencoded"
_UNREADABLE = Text(
    f"Send a form ({_FORM}, UTF-8) of at most {MOST_FIELDS} fields.",
    f"请提交表单({_FORM},UTF-8),最多 {MOST_FIELDS} 个字段。",
)


@router.get("/discovery.{form}")
async def discover_open311(request: Request, form: str) -> Response:
    if form not in MEDIA_TYPES:
        raise NotFound(what="format")
    kit = _kit(request)
    answer = await _asked(request, "GET", "/open311/discovery")
    if answer.status_code != 200:
        return _passed(answer)
    settings = cast(GatewaySettings, kit.settings)
    changeset = answer.json()["changeset"]
    base = settings.public_url or str(request.base_url)
    endpoint = {
        "specification": forms.SPECIFICATION,
        "url": f"{base.rstrip('/')}/open311/v2",
        "changeset": changeset,
        "type": "test" if settings.mode == "local" else "production",
        "formats": ["text/xml", "application/json"],
    }
    contact = {
        "changeset": changeset,
        "contact": settings.open311_contact,
        "key_service": settings.open311_contact,
    }
    return _written("discovery", contact | {"endpoints": [endpoint]}, cast(Format, form))  # fmt: skip


@router.get("/v2/{path:path}")
async def read_open311(request: Request, path: str) -> Response:
    named = _named(path)
    return _answered(named, await _asked(request, "GET", named.path, query=request.scope["query_string"]))


@router.post("/v2/{path:path}")
async def file_open311(request: Request, path: str) -> Response:
    named = _named(path)
    if named.path != "/open311/requests":
        raise NotFound(what="resource")
    body = orjson.dumps(forms.report(_fields(request, await request.body())))
    # Made here: an answer that is lost between us and the service is asked for again, and nothing is filed twice.
    headers = {"content-type": "application/json", "idempotency-key": str(uuid4())}
    return _answered(named, await _asked(request, "POST", named.path, headers=headers, body=body))


def _named(path: str) -> Resource:
    if (named := forms.resource(path)) is None:
        raise NotFound(what="resource")
    return named


def _fields(request: Request, body: bytes) -> list[tuple[str, str]]:
    """Of the form, and the api_key where it stands in the address."""
    given = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
    try:
        form = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as wrong:
        raise InvalidInput(field="body", reason=_UNREADABLE) from wrong
    if given != _FORM:
        raise InvalidInput(field="body", reason=_UNREADABLE)
    return [*form, *((name, value) for name, value in request.query_params.multi_items() if name == "api_key")]  # fmt: skip


async def _asked(
    request: Request, method: str, path: str, *, query: bytes = b"", body: bytes = b"", headers: Any = None
) -> httpx.Response:
    """As nobody: no token is passed on, for here nobody signs in."""
    client: Client = _kit(request).state[CLIENTS][SERVICE]
    said = {"accept-language": request.headers.get("accept-language", "zh")}
    if not said["accept-language"].isascii():
        said = {}
    return await ask(client, Call(method, path, query, said | origin_headers(client) | (headers or {}), body))


def _kit(request: Request) -> Kit:
    return cast(Kit, request.app.state.kit)


def _answered(named: Resource, answer: httpx.Response) -> Response:
    if not answer.is_success:
        return _passed(answer)
    return _written(named.root, orjson.loads(answer.content), named.format, answer.status_code)


def _passed(answer: httpx.Response) -> Response:
    """A problem, which `Open311Answers` translates."""
    headers = {"Retry-After": retry} if (retry := answer.headers.get("retry-after")) else {}
    return Response(answer.content, answer.status_code, headers, MEDIA_TYPE)


def _written(root: str, value: Any, form: Format, status: int = 200) -> Response:
    content = orjson.dumps(value) if form == "json" else forms.xml(root, value)
    return Response(content, status, media_type=MEDIA_TYPES[form])
