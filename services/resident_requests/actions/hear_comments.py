"""What was said about a request, opened for whoever may hear it."""

from dataclasses import dataclass
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_keys
from resident_requests import store
from resident_requests.actions.find_key import find_key
from resident_requests.actions.look_together import look_together
from resident_requests.policy import POLICY
from resident_requests.rules.comments import shown_to
from resident_requests.rules.sealed import COMMENT


@dataclass(frozen=True, slots=True)
class Heard:
    """`author_id` is None of a neighbour, for whose the request is; `words` are None when they have been erased."""

    comment: store.Comment
    words: str | None
    author_id: UUID | None


async def hear_comments(
    tx: Tx, sealer: Sealer, request_id: UUID, *, limit: int, cursor: str | None, by: Caller
) -> tuple[list[Heard], str | None]:
    seen = await look_together(tx, request_id, by, POLICY["list_comments"])
    async with seen.acting(tx):
        comments, following = await store.comments(
            tx, request_id, shown_to(seen.side), limit, cursor, told=seen.joined
        )
    key = await find_key(tx, sealer, seen.request)
    theirs = await subject_keys(tx, sealer, {each.neighbour_id for each in comments if each.neighbour_id})
    heard = [
        Heard(
            each,
            (theirs[each.neighbour_id] if each.neighbour_id else key).open(each.words, for_=COMMENT),
            None if each.neighbour_id and seen.side == "resident" else each.author_id,
        )
        for each in comments
    ]
    return heard, following
