"""Looking at a request: the right to do so. Who has none learns nothing: 404."""

from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.policy import Operation
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted
from resident_requests import store
from resident_requests.rules.request import Request, works_on


async def look_at(tx: Tx, request_id: UUID, by: Caller, operation: Operation) -> Request:
    request = await store.request(tx, request_id)
    if request is None or not await permitted(
        tx,
        by,
        operation,
        owner=request.resident_id,
        holder=by.subject if works_on(request, by.subject) else None,
        unit=request.unit_id,
        at=await now(tx),
    ):
        raise NotFound(what="request")
    return request
