"""A worker of the resident's community sees parts of their record in full, and says why; the messenger of it, the phone alone."""

from collections.abc import Sequence
from contextlib import nullcontext
from uuid import UUID

from community_registry import store
from community_registry.actions.open_person import open_person
from community_registry.policy import POLICY
from community_registry.rules.person import PARTS, Part, Person
from platform_kit.audit import record_look
from platform_kit.auth import Caller
from platform_kit.db import Tx, as_system
from platform_kit.problems import NotFound, NotYours
from platform_kit.sealing import Sealer
from registry_replica.permitted import permitted


async def reveal_resident(
    tx: Tx, sealer: Sealer, resident_id: UUID, parts: Sequence[Part], *, reason: str, by: Caller
) -> Person:
    """Only the parts that were asked for; the rest is None."""
    messenger = not by.has("worker")
    if messenger and set(parts) != {"phone"}:
        raise NotYours(field="parts")
    # The post opens this one row to a messenger, who sees no others.
    async with as_system(tx) if messenger else nullcontext():
        resident = await store.resident(tx, resident_id)
    if resident is None or not await permitted(tx, by, POLICY["reveal_resident"], unit=resident.unit_id):
        raise NotFound(what="resident")
    person = await open_person(sealer, resident)
    asked = set(parts)
    what = ", ".join(f"resident.{part}" for part in sorted(asked))
    await record_look(tx, actor=by, subject=resident_id, what=what, reason=reason)
    return Person(**{part: getattr(person, part) if part in asked else None for part in PARTS})
