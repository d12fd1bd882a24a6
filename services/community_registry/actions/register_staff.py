"""A person starts to work for the communities; what they may do comes with their appointments."""

from community_registry import store
from community_registry.rules import identity
from community_registry.rules.sealed import STAFF_NAME, STAFF_PHONE
from community_registry.store import Staff
from event_contracts.community_registry import StaffRegistered
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.outbox import publish
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import new_keys


async def register_staff(tx: Tx, sealer: Sealer, *, name: str, phone: str | None) -> Staff:
    number = identity.phone(phone, field="phone") if phone else None
    staff_id = new_id()
    key = (await new_keys(tx, sealer, [staff_id]))[staff_id]
    staff = Staff(
        id=staff_id,
        name=key.seal(name, for_=STAFF_NAME),
        phone=key.seal(number, for_=STAFF_PHONE) if number else None,
        version=1,
        wrapped=key.stored.wrapped,
        kek=key.stored.kek,
    )
    at = await now(tx)
    await store.insert_staff(tx, staff, at)
    await publish(tx, StaffRegistered(staff_id=staff.id), version=1, at=at)
    return staff
