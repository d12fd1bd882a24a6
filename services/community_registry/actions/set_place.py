"""It is drawn where a unit lies: what happens there is its own from now on, what was filed before stays where it was."""

from uuid import UUID

from community_registry import store
from community_registry.policy import POLICY
from community_registry.rules.place import Place, checked
from event_contracts.community_registry import UnitPlaced
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.outbox import publish
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted


async def set_place(tx: Tx, unit_id: UUID, place: Place, *, by: Caller) -> None:
    if await store.unit(tx, unit_id) is None or not await permitted(
        tx, by, POLICY["set_place"], unit=unit_id
    ):
        raise NotFound(what="unit")
    said = checked(place)
    placed = UnitPlaced.model_validate(
        {"unit_id": unit_id, "boundary": said.boundary, "location": said.location}
    )
    version = await store.save_place(tx, unit_id, placed.model_dump(mode="json", exclude={"unit_id"}))
    await publish(tx, placed, version=version, at=await now(tx))
