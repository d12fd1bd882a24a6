"""The quiet hours for which a message was held are over: it is looked at again."""

from uuid import UUID

from platform_kit.clock import now
from platform_kit.db import Tx
from resident_gateway import store


async def release_delivery(tx: Tx, notification_id: UUID) -> None:
    await store.save_released(tx, notification_id, await now(tx))
