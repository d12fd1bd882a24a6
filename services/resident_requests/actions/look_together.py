"""Looking at a request as whoever may, or as somebody whose own goes on as it. Who is neither learns nothing: 404."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.policy import Operation
from platform_kit.problems import NotFound
from resident_requests import store
from resident_requests.actions.joined_for import joined_for
from resident_requests.actions.may_do import may_do
from resident_requests.actions.side_of import side_of
from resident_requests.rules.comments import Side
from resident_requests.rules.request import Request


@dataclass(frozen=True, slots=True)
class Together:
    """`joined`: for whom it is looked at, when it is nobody's whose it is. Nothing of it is theirs but what it says of itself."""

    request: Request
    at: datetime
    side: Side
    joined: store.Joined | None = None

    @asynccontextmanager
    async def acting(self, tx: Tx) -> AsyncIterator[None]:
        """The rows' policies hide another's request from whose own was joined: the platform acts for them."""
        async with as_system(tx) if self.joined else nullcontext():
            yield


async def look_together(
    tx: Tx,
    request_id: UUID,
    by: Caller,
    operation: Operation,
    *,
    find: Callable[[Tx, UUID], Awaitable[Request | None]] = store.request,
) -> Together:
    """`find` may take its lock; the time is read after it."""
    request = await find(tx, request_id)
    at = await now(tx)
    if request is not None and await may_do(tx, by, operation, request, at):
        return Together(request, at, await side_of(tx, request, by))
    async with as_system(tx):
        request = await find(tx, request_id)
        at = await now(tx)
        joined = await joined_for(tx, request_id, by, operation, at) if request else None
    if request is None or joined is None:
        raise NotFound(what="request")
    return Together(request, at, "neighbour", joined)
