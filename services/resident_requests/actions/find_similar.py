"""What is open already and may be the same, before it is filed: of a public category what is near and alike, of a private one the
resident's own. Nobody learns of what others asked in private, those they live with included."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from platform_kit.sealing import Sealer
from registry_replica.permitted import permitted
from registry_replica.store import resident
from resident_requests import store
from resident_requests.actions.print_words import print_words
from resident_requests.policy import POLICY
from resident_requests.problems import CategoryUnknown
from resident_requests.rules.likeness import Point, Similar, most_alike


@dataclass(frozen=True, slots=True)
class Asked:
    """What is about to be filed, as far as it is known."""

    resident_id: UUID
    category: str
    words: str | None = None
    point: Point | None = None
    occurred_at: datetime | None = None


async def find_similar(tx: Tx, sealer: Sealer, asked: Asked, *, by: Caller) -> list[Similar]:
    whose, at = await resident(tx, asked.resident_id), await now(tx)
    if whose is None or not await permitted(
        tx, by, POLICY["find_similar"], owner=whose.id, unit=whose.unit_id, at=at
    ):
        raise NotFound(what="resident", field="resident_id")
    category = await store.category(tx, asked.category)
    if category is None:
        raise CategoryUnknown(field="category", category=asked.category)
    if category.private:
        return await store.own_open(tx, whose.id, category.code)
    prints = print_words(sealer, asked.words or "")
    sought = store.Sought(category.code, whose.unit_id, asked.point, asked.occurred_at or at, prints)
    found = await store.candidates(tx, sought)
    return most_alike(found, pieces_of_mine=len(prints), point=asked.point)
