"""A resident lets somebody act for them; recorded by themself or by their community's worker, who lets nobody act but others."""

from datetime import date
from uuid import UUID

from community_registry import store
from community_registry.policy import POLICY
from event_contracts.community_registry import ConsentRecorded
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.outbox import publish
from platform_kit.problems import InvalidInput, NotFound, NotYours, Text
from registry_replica.permitted import permitted

_SELF = Text("A resident needs no consent for themself.", "本人无需授权。")


async def record_consent(
    tx: Tx, resident_id: UUID, *, delegate_id: UUID, until_on: date | None, by: Caller
) -> int:
    """The resident's new version."""
    resident = await store.resident_for_update(tx, resident_id)
    if resident is None or not await permitted(
        tx, by, POLICY["record_consent"], owner=resident_id, unit=resident.unit_id
    ):
        raise NotFound(what="resident")
    if delegate_id == resident_id:
        raise InvalidInput(field="delegate_id", reason=_SELF)
    if delegate_id == by.subject:
        # A worker who wrote down that they may act would need nobody's word.
        raise NotYours(field="delegate_id")
    async with as_system(tx):
        # Somebody whom the resident knows, and need not be able to look up: a neighbour, or their community's worker.
        known = await store.resident(tx, delegate_id) or await store.staff(tx, delegate_id)
    if known is None:
        raise NotFound(what="resident", field="delegate_id")
    at = await now(tx)
    version = await store.save_consent(tx, resident_id, delegate_id, until_on, by.subject, at)
    recorded = ConsentRecorded(resident_id=resident_id, delegate_id=delegate_id, until_on=until_on)
    await publish(tx, recorded, version=version, at=at)
    return version
