"""What may be the same as a request that is there: staff look before they merge, also at two that came at one moment."""

from uuid import UUID

from platform_kit.db import Tx
from resident_requests import store
from resident_requests.rules.likeness import Similar, most_alike


async def list_similar(tx: Tx, request_id: UUID) -> list[Similar]:
    """None of what is private, or nobody's words any more."""
    sought = await store.likeness(tx, request_id)
    if sought is None:
        return []
    found = await store.candidates(tx, sought, but=request_id)
    return most_alike(found, pieces_of_mine=len(sought.prints), point=sought.point)
