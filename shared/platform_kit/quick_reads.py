"""For the one or two reads that are asked all the time: FastAPI documents them, but does not solve their dependencies.

That was two fifths of what such an answer cost (docs/performance.md).
"""

from collections.abc import Callable, Coroutine
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError


class QuickRead(APIRoute):
    """The route class of an `APIRouter` whose endpoints take exactly `question`, of `questions()`, and `asked`, a model of the
    query."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint: Callable[..., Coroutine[Any, Any, Response]] = self.endpoint
        hints = get_type_hints(endpoint, include_extras=True)
        ask = hints["question"].__metadata__[0].dependency
        query = hints["asked"].__origin__

        async def handler(request: Request) -> Response:
            question = await ask(request)
            try:
                asked = query.model_validate(dict(request.query_params))
            except ValidationError as error:
                found = [{**each, "loc": ("query", *each["loc"])} for each in error.errors()]
                raise RequestValidationError(found) from error
            return await endpoint(question, asked)

        return handler
