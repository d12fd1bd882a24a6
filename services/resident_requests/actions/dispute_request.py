"""Whoever is affected says that it is not done, whose it is or who follows it: it goes to the office again, once for all of them."""

from datetime import timedelta
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted
from resident_requests import store
from resident_requests.actions.joined_for import joined_for
from resident_requests.actions.open_again import open_again
from resident_requests.policy import POLICY
from resident_requests.rules.request import Request


async def dispute_request(tx: Tx, request_id: UUID, *, window: timedelta, by: Caller) -> Request:
    """Of many at once the first reopens it; the others find it reopened and are told so (409). What somebody asked for themself
    stays theirs to dispute, whoever follows it and whatever everybody else may see of it now. Nobody else comes to dispute what is
    done: they followed it before."""
    may = POLICY["dispute_request"]
    async with as_system(tx):
        request = await store.request_for_update(tx, request_id)
        at = await now(tx)
        if request is None:
            raise NotFound(what="request")
        theirs = await permitted(tx, by, may, owner=request.resident_id, at=at)
        if (
            not theirs
            and not await store.followed_in_time(tx, request_id, by.subject)
            and await joined_for(tx, request_id, by, may, at) is None
        ):
            raise NotFound(what="request")
        return await open_again(tx, request, at, window=window, by=by, by_follower=not theirs)
