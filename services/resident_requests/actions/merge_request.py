"""Two requests are about the same: one of them goes on, with everybody whom it concerns."""

from uuid import UUID

from event_contracts.resident_requests import RequestFollowed, RequestMerged
from platform_kit.auth import Caller
from platform_kit.db import Tx, as_system
from platform_kit.subject_keys import hold_subjects
from platform_kit.timers import clear_timer
from resident_requests import store
from resident_requests.actions.category_of import category_of
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules import request as rules
from resident_requests.rules.clocks import PROMISE_TIMER
from resident_requests.rules.merging import Part, may_be_merged
from resident_requests.rules.request import Request


async def merge_request(tx: Tx, request_id: UUID, *, into: UUID, by: Caller) -> Request:
    """Into what is left of `into`, when that was merged itself. Both locks are taken in the order of their ids: two who merge
    the same two, each into the other, wait for each other and do not block each other."""
    end = await store.end_of_chain(tx, into)
    async with as_system(tx):
        await store.lock_publicity(tx, [request_id, end])
        # Before the locks, as whoever erases one of them takes those afterwards.
        await hold_subjects(tx, await store.concerned(tx, request_id))
    for each in sorted({request_id, end}):
        await store.lock_request(tx, each)
    request, at = await take(tx, request_id, by, POLICY["merge_request"])
    target, _ = await take(tx, end, by, POLICY["merge_request"])
    goes_on = await _part(tx, target)
    may_be_merged(await _part(tx, request), goes_on)
    merged = rules.merge(request, target)
    for timer in (PROMISE_TIMER, "take_up", "unanswered"):
        await clear_timer(tx, timer, request_id)
    async with as_system(tx):
        held = await hold_subjects(tx, await store.concerned(tx, request_id))
        theirs = {request.resident_id, *(each.resident_id for each in await store.joined(tx, request_id))}
        before = {target.resident_id, *(each.resident_id for each in await store.joined(tx, target.id))}
        # Nobody else comes to follow what is private.
        along = held if goes_on.public else [person for person in held if person in theirs]
        moved = await store.save_followers_moved(tx, request_id, along, target.id, at) if along else []
        # Whoever had left it is not among those who are held.
        joined = tuple(each for each in held if each in theirs and (each in moved or each not in before))
    if moved or joined:
        await record(
            tx, target, RequestFollowed, at, follower_ids=tuple(moved), case_number=target.case_number,
            category=target.category, state=target.state.value, merged=request_id, joined_ids=joined,
        )  # fmt: skip
    return await record(tx, merged, RequestMerged, at, into=target.id, into_case_number=target.case_number)


async def _part(tx: Tx, request: Request) -> Part:
    return Part(request, await category_of(tx, request), await store.is_public(tx, request.id))
