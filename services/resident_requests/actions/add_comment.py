"""Somebody says something about a request, or staff keep a note of their own."""

from uuid import UUID

from event_contracts.resident_requests import RequestCommented
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_requests import store
from resident_requests.actions.look_together import look_together
from resident_requests.actions.record import record
from resident_requests.actions.say import say
from resident_requests.policy import POLICY
from resident_requests.rules.comments import Kind, kind_of
from resident_requests.rules.request import Request, discuss, respond
from resident_requests.store import Comment


async def add_comment(
    tx: Tx, sealer: Sealer, request_id: UUID, *, words: str, internal: bool, by: Caller
) -> tuple[Request, Comment]:
    """Also somebody whose own was merged into it: in the thread that remains."""
    seen = await look_together(tx, request_id, by, POLICY["add_comment"], find=store.request_for_update)
    request, at = seen.request, seen.at
    discuss(request)
    neighbour_id = seen.joined.resident_id if seen.joined else None
    kind = kind_of(seen.side, internal=internal)
    async with seen.acting(tx):
        comment = await say(tx, sealer, request, kind, words, by=by, at=at, neighbour_id=neighbour_id)
        if kind is not Kind.NOTE:
            # Whoever of the staff writes to the resident has looked at it.
            told = respond(request, at) if seen.side == "staff" else request
            await record(
                tx, told, RequestCommented, at, comment_id=comment.id, author_id=by.subject,
                side="staff" if seen.side == "staff" else "resident", by_neighbour=seen.joined is not None,
            )  # fmt: skip
    return request, comment
