"""What somebody follows: of others' requests what is public, and no more."""

from uuid import UUID

from platform_kit.db import Tx, as_system
from resident_requests import store


async def list_followed(
    tx: Tx, person_id: UUID, limit: int, cursor: str | None
) -> tuple[list[store.PublicFacts], str | None]:
    async with as_system(tx):
        return await store.followed(tx, person_id, limit, cursor)
