"""For the one or two reads that are asked all the time: FastAPI documents them, and nothing of it stands between the call and the answer.

Finding the route, its stacks of middleware and of exits and solving its dependencies were half of what such an answer cost
(docs/performance.md).
"""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, get_type_hints
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

Answering = Callable[[Request], Coroutine[Any, Any, Response]]
_FAILED = "platform_kit.quick_read_failed"


class QuickRead(APIRoute):
    """The route class of an `APIRouter` whose endpoints take exactly `question`, of `questions()`, and `asked`, a model of the
    query; their paths have no parameters. The router gets what `QuickReads` could not answer, or did not take for one of them."""

    def get_route_handler(self) -> Answering:
        self.answer = self._answering()

        async def handler(request: Request) -> Response:
            failed: Exception | None = request.scope.get(_FAILED)
            if failed is not None:
                raise failed
            return await self.answer(request)

        return handler

    def _answering(self) -> Answering:
        endpoint: Callable[..., Coroutine[Any, Any, Response]] = self.endpoint
        hints = get_type_hints(endpoint, include_extras=True)
        ask = hints["question"].__metadata__[0].dependency
        query = hints["asked"].__origin__

        async def answer(request: Request) -> Response:
            question = await ask(request)
            given = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            try:
                asked = query.model_validate(dict(given))
            except ValidationError as error:
                found = [{**each, "loc": ("query", *each["loc"])} for each in error.errors()]
                raise RequestValidationError(found) from error
            return await endpoint(question, asked)

        return answer


class QuickReads:
    """Pure ASGI, next to the app: answers what is asked of a `QuickRead`. A failure goes on to the app, whose handlers say it."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._reads = {route.path: route for route in routes if isinstance(route, QuickRead)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._reads.get(scope["path"]) if scope["type"] == "http" else None
        if route is None or scope["method"] != "GET":
            return await self._app(scope, receive, send)
        # As the router says it to whoever measures, logs or asks the policy.
        scope["route"], scope["endpoint"] = route, route.endpoint
        try:
            response = await route.answer(Request(scope, receive))
        except Exception as failed:
            scope[_FAILED] = failed
            return await self._app(scope, receive, send)
        await response(scope, receive, send)
