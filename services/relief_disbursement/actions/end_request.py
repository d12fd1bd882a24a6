"""A request is over, staff do it, or it goes another way: no application answers it any more. One that was filed goes on, as the
resident's own."""

from uuid import UUID

from platform_kit.db import Tx
from relief_disbursement import store


async def end_request(tx: Tx, request_id: UUID, *, before: int) -> None:
    """`before`: the version of the event that says so; what a later one routed here stays, however often this one is read."""
    await store.end_request(tx, request_id, before=before)
