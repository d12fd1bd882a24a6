"""A resident's phone, address, name or ID number is put right; what comes back masked stays as it is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg

from community_registry import store
from community_registry.actions.open_person import open_person
from community_registry.policy import POLICY
from community_registry.problems import IdNumberTaken
from community_registry.rules.person import OWN, PARTS, Part, corrections
from community_registry.rules.sealed import ADDRESS, ID_NUMBER, NAME, PHONE
from community_registry.store import Resident
from event_contracts.community_registry import ResidentCorrected
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.outbox import publish
from platform_kit.problems import ChangedMeanwhile, InvalidInput, NotFound, Text
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import key_to_seal
from registry_replica.permitted import permitted
from registry_replica.store import units_within

_FIXED = Text("This cannot be changed here.", "此项不能在此更改。")


async def correct_resident(
    tx: Tx, sealer: Sealer, resident_id: UUID, sent: Mapping[str, Any], *, version: int, by: Caller
) -> Resident:
    """`version` is the one that the sender saw. Nothing new: nothing is written, and nothing published."""
    resident = await store.resident_for_update(tx, resident_id)
    at = await now(tx)
    operation = POLICY["correct_resident"]
    if resident is None or not await permitted(
        tx, by, operation, owner=resident_id, unit=resident.unit_id, at=at
    ):
        raise NotFound(what="resident")
    if await units_within(tx, [resident.unit_id], by.unit_codes("worker")):
        may = frozenset(PARTS)
    elif await permitted(tx, by, operation, owner=resident_id, at=at):
        may = OWN
    else:
        may = frozenset()
    if version != resident.version:
        raise ChangedMeanwhile(version=resident.version)
    for field, value in sent.items():
        if field not in PARTS and value != getattr(resident, field):
            raise InvalidInput(field=field, reason=_FIXED)
    changed = corrections(await open_person(sealer, resident), sent, may)
    if not changed:
        return resident
    corrected = await _sealed(tx, sealer, resident, changed)
    # Asked first: the database's log would keep the blind index that it finds twice.
    # By whomever: a number may belong to somebody whom the caller may not see.
    if "id_number" in changed:
        async with as_system(tx):
            if await store.id_number_taken(tx, corrected.id_number_index or b""):
                raise IdNumberTaken(field="id_number")
    try:
        new_version = await store.save_person(tx, corrected)
    except asyncpg.UniqueViolationError as taken:
        raise IdNumberTaken(field="id_number") from taken
    await publish(
        tx, ResidentCorrected(resident_id=resident_id, changed=tuple(changed)), version=new_version, at=at
    )
    return replace(corrected, version=new_version)


async def _sealed(tx: Tx, sealer: Sealer, resident: Resident, changed: Mapping[Part, str]) -> Resident:
    key, home = await key_to_seal(tx, sealer, resident.key), await key_to_seal(tx, sealer, resident.home_key)
    corrected = replace(
        resident, wrapped=key.stored.wrapped, kek=key.stored.kek,
        home_wrapped=home.stored.wrapped, home_kek=home.stored.kek,
    )  # fmt: skip
    if name := changed.get("name"):
        corrected = replace(corrected, name=key.seal(name, for_=NAME))
    if phone := changed.get("phone"):
        index = sealer.blind_index(phone, for_=PHONE)
        corrected = replace(corrected, phone=key.seal(phone, for_=PHONE), phone_index=index)
    if number := changed.get("id_number"):
        index = sealer.blind_index(number, for_=ID_NUMBER)
        corrected = replace(corrected, id_number=key.seal(number, for_=ID_NUMBER), id_number_index=index)
    if address := changed.get("address"):
        corrected = replace(corrected, address=home.seal(address, for_=ADDRESS))
    return corrected
