"""Of an erased resident nothing says any more where they live, what they said and what they follow: what is sealed went with
their key, this is in the clear or by the service's own."""

from uuid import UUID

from platform_kit.db import Tx
from resident_requests import store


async def forget_places(tx: Tx, resident_id: UUID) -> None:
    await store.delete_points(tx, resident_id)
    await store.delete_likenesses(tx, resident_id)
    await store.delete_follower(tx, resident_id)
