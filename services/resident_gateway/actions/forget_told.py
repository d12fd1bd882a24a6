"""A person was erased, and whoever was telling them something is done: nothing of it is left, and nothing is on its way to them."""

from uuid import UUID

from platform_kit.db import Tx
from resident_gateway import store


async def forget_told(tx: Tx, person_id: UUID) -> None:
    await store.delete_told(tx, person_id)
