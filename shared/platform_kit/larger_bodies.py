"""Routes that take more than everybody else's body: said at the route, and so also in its OpenAPI document."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

EXTENSION = "x-largest-body"


def larger_body(limit: int) -> dict[str, Any]:
    """For a route's `openapi_extra`: its bodies may have so many bytes, if the call says their length beforehand."""
    return {EXTENSION: limit}


class LargerBodies:
    """The bounds of those routes of a service, by method and path."""

    def __init__(self, routers: Iterable[APIRouter] = ()) -> None:
        self._bounds: list[tuple[set[str], re.Pattern[str], int]] = [
            (set(route.methods or ()), route.path_regex, route.openapi_extra[EXTENSION])
            for router in routers
            for route in router.routes
            if isinstance(route, APIRoute) and route.openapi_extra and EXTENSION in route.openapi_extra
        ]

    def bound(self, scope: Mapping[str, Any], otherwise: int) -> int:
        for methods, path, limit in self._bounds:
            if scope["method"] in methods and path.match(scope["path"]):
                return limit
        return otherwise
