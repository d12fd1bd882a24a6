"""Everything that is kept of a resident is destroyed: here at once, in every other service by the event."""

from uuid import UUID

from community_registry import store
from community_registry.policy import POLICY
from event_contracts.community_registry import ResidentErased
from platform_kit.audit import record_look
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.outbox import publish
from platform_kit.problems import NotFound
from platform_kit.subject_keys import erase_subject
from registry_replica.permitted import permitted


async def erase_resident(tx: Tx, resident_id: UUID, *, reason: str, by: Caller) -> int:
    """The resident's last version. The address goes with the last member of the household."""
    async with as_system(tx):
        # The platform forgets: whoever orders it need not see the person, nor any part of them.
        resident = await store.resident_for_update(tx, resident_id)
        if resident is None or not await permitted(tx, by, POLICY["erase_resident"], unit=resident.unit_id):
            raise NotFound(what="resident")
        at = await now(tx)
        await store.lock_household(tx, resident.household_id)
        version = await store.save_nothing_of(tx, resident_id)
        await erase_subject(tx, resident_id)
        if await store.save_no_address_of_nobody(tx, resident.household_id):
            await erase_subject(tx, resident.household_id)
    await record_look(tx, actor=by, subject=resident_id, what="erased", reason=reason)
    await publish(tx, ResidentErased(resident_id=resident_id), version=version, at=at)
    return version
