"""Which operations a role may use, by the same tables that the services follow: what it is never let into proves nothing of it."""

from uuid import uuid4

from fastapi.routing import APIRoute

from platform_kit.auth import Caller
from platform_kit.policy import operation_name
from platform_kit.service import find
from resident_gateway.forwarding import PREFIX, documents, operations


def permitted(service: str, role: str) -> set[str]:
    """As schemathesis names them: `GET /requests/{request_id}`. Of the gateway also what it forwards. "none": who is nobody."""
    found = _own(service, role)
    if service == "resident_gateway":
        theirs = {other: _own(other, role) for other in documents()}
        for each in operations(documents()):
            if f"{each.method} {each.path}" in theirs[each.service]:
                found.add(f"{each.method} {PREFIX}{each.path}")
    return found


def _own(service: str, role: str) -> set[str]:
    declared = find(service)
    policy = declared.whole_policy()
    caller = None if role == "none" else Caller(uuid4(), frozenset({role}))
    labels = set()
    for route in (route for router in declared.all_routers() for route in router.routes):
        if isinstance(route, APIRoute):
            operation = policy[operation_name(route.endpoint)]
            if operation.open_to_nobody if caller is None else operation.lets_in(caller):
                labels |= {f"{method} {route.path}" for method in route.methods}
    return labels
