"""A neighbour is affected, too: they are told of what is public of it from now on."""

from uuid import UUID

from event_contracts.resident_requests import RequestFollowed
from platform_kit.auth import Caller
from platform_kit.db import Tx, as_system
from platform_kit.problems import NotFound
from platform_kit.subject_keys import hold_subjects
from registry_replica.store import resident
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.take_public import take_public
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request


async def follow_request(tx: Tx, request_id: UUID, *, by: Caller) -> Request:
    """Following again changes nothing, and whose it is follows it anyway."""
    if not await hold_subjects(tx, [by.subject]) or await resident(tx, by.subject) is None:
        raise NotFound(what="request")
    async with as_system(tx):
        request, at = await take_public(tx, request_id)
        rules.follow(request)
        if request.resident_id == by.subject or not await store.save_follower(tx, request_id, by.subject, at):
            return request
        joined = {each.resident_id for each in await store.joined(tx, request_id)}
        return await record(
            tx, request, RequestFollowed, at, follower_ids=(by.subject,), case_number=request.case_number,
            category=request.category, state=request.state.value, joined_ids=tuple({by.subject} & joined),
        )  # fmt: skip
