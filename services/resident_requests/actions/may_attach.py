"""Before a picture is decoded, which costs more than anything else here: may whoever sends it add one at all?"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import NotSignedIn
from resident_requests import store
from resident_requests.actions.look_at import look_at
from resident_requests.actions.where_they_work import where_they_work
from resident_requests.policy import POLICY
from resident_requests.rules.attachments import next_number
from resident_requests.rules.request import discuss


def may_attach(request_id: UUID) -> Callable[[Tx, Caller | None], Awaitable[None]]:
    """The same questions as adding it asks, without its lock."""

    async def asked(tx: Tx, by: Caller | None) -> None:
        if by is None:
            raise NotSignedIn
        async with where_they_work(tx, request_id, by):
            request = await look_at(tx, request_id, by, POLICY["add_attachment"])
            discuss(request)
            next_number(request, len(await store.attachments(tx, request_id)))

    return asked
