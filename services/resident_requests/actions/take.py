"""Taking a request in hand: its lock, and the right to do something with it. Who has none learns nothing: 404."""

from datetime import datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from registry_replica.store import within
from resident_requests import store
from resident_requests.rules.request import Request


async def take_own(tx: Tx, request_id: UUID, by: Caller) -> tuple[Request, datetime]:
    """For the resident and whom they let; the request and the time, read under its lock."""
    request = await store.request_for_update(tx, request_id)
    at = await now(tx)
    if request is None or not await store.may_act_for(tx, by, request, at):
        raise NotFound(what="request")
    return request, at


async def take_in_scope(tx: Tx, request_id: UUID, by: Caller) -> tuple[Request, datetime]:
    """For the staff whose units hold it."""
    request = await store.request_for_update(tx, request_id)
    if request is None or not await within(tx, by, request.unit_id, *store.STAFF):
        raise NotFound(what="request")
    return request, await now(tx)


async def take_visible(tx: Tx, request_id: UUID, by: Caller) -> tuple[Request, datetime]:
    """For everybody who may see it."""
    request = await store.request_for_update(tx, request_id)
    at = await now(tx)
    if request is None or not await store.may_see(tx, by, request, at):
        raise NotFound(what="request")
    return request, at
