"""What may be the same as a request that is there: staff look before they merge, also at two that came at one moment."""

from platform_kit.db import Tx
from resident_requests import store
from resident_requests.rules.likeness import Similar, most_alike
from resident_requests.rules.request import Request


async def list_similar(tx: Tx, request: Request) -> list[Similar]:
    """Of what is private, or has nobody's words any more, what else its own resident has open."""
    sought = await store.likeness(tx, request.id)
    if sought is not None and await store.is_public(tx, request.id):
        found = await store.candidates(tx, sought, but=request.id)
        return most_alike(found, pieces_of_mine=len(sought.prints), point=sought.point)
    if request.resident_id is None:
        return []
    return await store.own_open(tx, request.resident_id, request.category, but=request.id)
