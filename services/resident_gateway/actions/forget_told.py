"""A person was erased: nothing that they were told is left, and nothing is on its way to them."""

from uuid import UUID

from platform_kit.db import Tx
from resident_gateway import store


async def forget_told(tx: Tx, person_id: UUID) -> None:
    await store.lock_recipients(tx, [person_id], shared=False)
    await store.delete_told(tx, person_id)
