"""A person has seen these; how many they have not seen yet."""

from collections.abc import Sequence
from uuid import UUID

from platform_kit.clock import now
from platform_kit.db import Tx
from resident_gateway import store


async def mark_read(tx: Tx, person_id: UUID, ids: Sequence[UUID]) -> int:
    """What is not theirs is not there."""
    await store.mark_read(tx, person_id, ids, await now(tx))
    return await store.unread(tx, person_id)
