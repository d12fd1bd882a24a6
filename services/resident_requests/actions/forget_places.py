"""Of an erased resident nothing says any more where they live: what is sealed went with their key, these are numbers in the clear."""

from uuid import UUID

from platform_kit.db import Tx
from resident_requests import store


async def forget_places(tx: Tx, resident_id: UUID) -> None:
    await store.delete_points(tx, resident_id)
