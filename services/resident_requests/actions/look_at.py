"""Looking at a request: the right to do so. Who has none learns nothing: 404."""

from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.policy import Operation
from platform_kit.problems import NotFound
from resident_requests import store
from resident_requests.actions.may_do import may_do
from resident_requests.rules.request import Request


async def look_at(tx: Tx, request_id: UUID, by: Caller, operation: Operation) -> Request:
    request = await store.request(tx, request_id)
    if request is None or not await may_do(tx, by, operation, request, await now(tx)):
        raise NotFound(what="request")
    return request
