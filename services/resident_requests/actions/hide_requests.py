"""What is not public any more is followed by nobody: neither notifications nor timelines tell of it, but to whose it is."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from event_contracts.resident_requests import RequestHidden
from platform_kit.db import Tx
from platform_kit.outbox import publish_all
from resident_requests import store


async def hide_requests(tx: Tx, request_ids: Sequence[UUID], at: datetime) -> None:
    """As the system, with the locks of these requests. Whose own goes on as one of them is told as before."""
    left = await store.save_all_unfollowed(tx, request_ids, at)
    hidden = await store.save_next_versions(tx, list(left))
    await publish_all(
        tx,
        [
            (
                RequestHidden(
                    request_id=request.id,
                    resident_id=request.resident_id,
                    unit_id=request.unit_id,
                    follower_ids=tuple(left[request.id]),
                ),
                request.version,
            )
            for request in hidden
        ],
        at=at,
    )
