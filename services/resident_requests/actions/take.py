"""Taking a request in hand: its lock, and the right to do something with it. Who has none learns nothing: 404."""

from datetime import datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.policy import Operation
from platform_kit.problems import NotFound
from resident_requests import store
from resident_requests.actions.may_do import may_do
from resident_requests.rules.request import Request


async def take(tx: Tx, request_id: UUID, by: Caller, operation: Operation) -> tuple[Request, datetime]:
    """For whom the policy lets do it; the request and the time, read under its lock."""
    request = await store.request_for_update(tx, request_id)
    at = await now(tx)
    if request is None or not await may_do(tx, by, operation, request, at):
        raise NotFound(what="request")
    return request, at
