"""Of an erased person nothing says any more what they can do; the hours that they gave stay in the figures, under an id."""

from uuid import UUID

from platform_kit.db import Tx
from volunteer_matching import store


async def forget_skills(tx: Tx, person_id: UUID) -> None:
    await store.delete_skills(tx, person_id)
