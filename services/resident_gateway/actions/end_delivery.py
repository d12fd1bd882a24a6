"""A message is not sent: nobody needs it any more, or it is given up, which the operator sees."""

from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from resident_gateway import store
from resident_gateway.messages import GIVEN_UP


async def end_delivery(tx: Tx, notification_id: UUID, *, failed: bool, reason: str, at: datetime) -> None:
    if failed:
        GIVEN_UP.labels(reason).inc()
    await store.save_ended(tx, notification_id, "failed" if failed else "dropped", reason, at)
