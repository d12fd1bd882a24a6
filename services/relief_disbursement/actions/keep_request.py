"""A request was routed to relief: an application of its resident can answer it from now on."""

from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from relief_disbursement import store


async def keep_request(
    tx: Tx, request_id: UUID, request_version: int, *, resident_id: UUID, unit_id: UUID, at: datetime
) -> None:
    await store.keep_request(tx, request_id, request_version, resident_id=resident_id, unit_id=unit_id, at=at)
