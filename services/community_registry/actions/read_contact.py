"""Whoever holds a piece of work sees how to reach the person for whom it is done, while the work needs it."""

from datetime import datetime
from uuid import UUID

from community_registry import store
from community_registry.actions.open_person import open_person
from community_registry.rules.person import Person
from platform_kit.audit import record_look
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.problems import NotFound
from platform_kit.sealing import Sealer


async def read_contact(tx: Tx, sealer: Sealer, work_id: UUID, *, by: Caller) -> tuple[Person, datetime]:
    """The person, and until when they can be seen. To everybody else, and afterwards, there is nothing."""
    granted = await store.contact_granted(tx, work_id, by.subject, await now(tx))
    if granted is None:
        raise NotFound(what="contact")
    async with as_system(tx):
        # The work opens this one door; otherwise whoever helps may not see the person.
        resident = await store.resident(tx, granted.resident_id)
    if resident is None:
        raise NotFound(what="contact")
    person = await open_person(sealer, resident)
    await record_look(
        tx, actor=by, subject=resident.id, what="resident.phone, household.address",
        reason=f"work {work_id}",
    )  # fmt: skip
    return person, granted.until
