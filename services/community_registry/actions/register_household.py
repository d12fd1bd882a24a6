"""A household moves in with its members: one command, an event for the household and one for each member."""

from collections.abc import Sequence
from uuid import UUID

from community_registry import store
from community_registry.actions.register_resident import Member, admit
from community_registry.policy import POLICY
from community_registry.rules.sealed import ADDRESS
from community_registry.store import Household, Resident
from event_contracts.base import EventPayload
from event_contracts.community_registry import HouseholdRegistered, ResidentRegistered
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.outbox import publish_all
from platform_kit.problems import NotFound
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import new_keys
from registry_replica.permitted import permitted


async def register_household(
    tx: Tx, sealer: Sealer, *, unit_id: UUID, address: str, members: Sequence[Member], by: Caller
) -> tuple[Household, list[Resident]]:
    unit = await store.unit(tx, unit_id)
    if unit is None or not await permitted(tx, by, POLICY["register_household"], unit=unit_id):
        raise NotFound(what="unit", field="unit_id")
    at = await now(tx)
    household_id, ids = new_id(), [new_id() for _ in members]
    keys = await new_keys(tx, sealer, [household_id, *ids])
    home = keys[household_id]
    sealed = home.seal(address, for_=ADDRESS)
    household = Household(household_id, unit_id, sealed, 1, home.stored.wrapped, home.stored.kek)
    await store.insert_household(tx, household, at)
    newcomers = [(keys[each], member) for each, member in zip(ids, members, strict=True)]
    residents = await admit(tx, sealer, household, newcomers, at, field="members[{}].")
    events: list[tuple[EventPayload, int]] = [
        (HouseholdRegistered(household_id=household.id, unit_id=unit_id, members=len(residents)), 1)
    ]
    for resident in residents:
        events.append(
            (ResidentRegistered(resident_id=resident.id, household_id=household.id, unit_id=unit_id), 1)
        )
    await publish_all(tx, events, at=at)
    return household, residents
