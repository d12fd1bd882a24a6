"""Taking somebody else's public request in hand, as the system: its lock. What is not public is not there: 404."""

from datetime import datetime
from uuid import UUID

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from resident_requests import store
from resident_requests.rules.request import Request


async def take_public(tx: Tx, request_id: UUID) -> tuple[Request, datetime]:
    await store.lock_publicity(tx, [request_id])
    request = await store.request_for_update(tx, request_id)
    if request is None or not await store.is_public(tx, request_id):
        raise NotFound(what="request")
    return request, await now(tx)
