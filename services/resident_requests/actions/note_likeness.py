"""A public request is written down so that it is found again before the same is filed; what is like it is told."""

from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_requests import store
from resident_requests.actions.print_words import print_words
from resident_requests.rules.likeness import Point, Similar, coarse, most_alike
from resident_requests.rules.request import Request


async def note_likeness(
    tx: Tx, sealer: Sealer, request: Request, *, words: str, point: Point | None
) -> list[Similar]:
    """A resident's point is compared as it is published. What is filed without a connection is compared when it arrives; nothing
    is refused for it."""
    if request.resident_id is not None and point is not None:
        point = coarse(point)
    prints = print_words(sealer, words)
    sought = store.Sought(request.category, request.unit_id, point, request.occurred_at, prints)
    found = await store.insert_likeness(tx, request, sought)
    return most_alike(found, pieces_of_mine=len(prints), point=point)
