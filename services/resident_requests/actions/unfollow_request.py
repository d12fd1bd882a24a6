"""A neighbour wants to hear no more of it."""

from uuid import UUID

from event_contracts.resident_requests import RequestUnfollowed
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.problems import NotFound
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules.request import Request


async def unfollow_request(tx: Tx, request_id: UUID, *, by: Caller) -> Request:
    """Also of one that is not public any more."""
    async with as_system(tx):
        request = await store.request_for_update(tx, request_id)
        at = await now(tx)
        if request is None or not await store.save_unfollowed(tx, request_id, by.subject, at):
            raise NotFound(what="request")
        return await record(tx, request, RequestUnfollowed, at, follower_id=by.subject)
