"""Somebody says something about a request, or staff keep a note of their own."""

from uuid import UUID

from event_contracts.resident_requests import RequestCommented
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_requests.actions.record import record
from resident_requests.actions.say import say
from resident_requests.actions.side_of import side_of
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules.comments import Kind, kind_of
from resident_requests.rules.request import Request, discuss, respond
from resident_requests.store import Comment


async def add_comment(
    tx: Tx, sealer: Sealer, request_id: UUID, *, words: str, internal: bool, by: Caller
) -> tuple[Request, Comment]:
    request, at = await take(tx, request_id, by, POLICY["add_comment"])
    discuss(request)
    side = await side_of(tx, request, by)
    comment = await say(tx, sealer, request, kind_of(side, internal=internal), words, by=by, at=at)
    if comment.kind is Kind.NOTE:
        return request, comment
    # Whoever writes to the resident has looked at it.
    seen = respond(request, at) if side == "staff" else request
    await record(tx, seen, RequestCommented, at, comment_id=comment.id, author_id=by.subject, side=side)
    return request, comment
