"""Of an erased resident no request waits any more; applications stay in the books, under an id."""

from uuid import UUID

from platform_kit.db import Tx
from relief_disbursement import store


async def forget_requests(tx: Tx, resident_id: UUID) -> None:
    await store.delete_requests_of(tx, resident_id)
