"""The end of every action that says something about a request: the words are sealed for its resident and kept."""

from datetime import datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_key
from resident_requests import store
from resident_requests.rules.comments import Kind
from resident_requests.rules.request import Request
from resident_requests.rules.sealed import COMMENT
from resident_requests.store import Comment


async def say(
    tx: Tx,
    sealer: Sealer,
    request: Request,
    kind: Kind,
    words: str,
    *,
    by: Caller,
    at: datetime,
    neighbour_id: UUID | None = None,
) -> Comment:
    """What is said for `neighbour_id` is sealed by their own key, and goes with them."""
    # An imported report is nobody's, and so are the words about it.
    whose: UUID | None = neighbour_id or request.resident_id
    key = await subject_key(tx, sealer, whose) if whose else sealer
    comment = Comment(new_id(), request.id, kind, by.subject, key.seal(words, for_=COMMENT), at, neighbour_id)
    await store.insert_comment(tx, comment)
    return comment
