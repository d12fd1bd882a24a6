"""Of an erased person nothing says any more what they offered; their orders and what they earned stay in the books, under an id."""

from uuid import UUID

from paid_services import store
from platform_kit.db import Tx


async def forget_services(tx: Tx, person_id: UUID) -> None:
    await store.delete_services_of(tx, person_id)
