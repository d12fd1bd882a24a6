"""For the one or two reads that are asked all the time: FastAPI documents them, but does not solve their dependencies.

It costs as much as everything else of such an answer together (docs/performance.md).
"""

from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError


class QuickRead(APIRoute):
    """The route class of an `APIRouter` whose endpoints take exactly `read`, of `reads(…)`, and `asked`, a model of the query."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint: Callable[..., Coroutine[Any, Any, Response]] = self.endpoint
        hints = get_type_hints(endpoint, include_extras=True)
        ask = asynccontextmanager(hints["read"].__metadata__[0].dependency)
        question = hints["asked"].__origin__

        async def handler(request: Request) -> Response:
            async with ask(request) as read:
                try:
                    asked = question.model_validate(dict(request.query_params))
                except ValidationError as error:
                    found = [{**each, "loc": ("query", *each["loc"])} for each in error.errors()]
                    raise RequestValidationError(found) from error
                return await endpoint(read, asked)

        return handler
