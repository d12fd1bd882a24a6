"""For whom of those whose own was merged into a request somebody may act: themself, or whoever lets them."""

from datetime import datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.policy import Operation
from registry_replica.permitted import permitted
from resident_requests import store


async def joined_for(
    tx: Tx, request_id: UUID, by: Caller, operation: Operation, at: datetime
) -> store.Joined | None:
    """Asked as the system. Their own before anybody else's."""
    everybody = await store.joined(tx, request_id)
    for each in sorted(everybody, key=lambda one: one.resident_id != by.subject):
        if await permitted(tx, by, operation, owner=each.resident_id, at=at):
            return each
    return None
