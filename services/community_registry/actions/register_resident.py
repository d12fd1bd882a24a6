"""A person joins a household."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

import asyncpg

from community_registry import store
from community_registry.policy import POLICY
from community_registry.problems import IdNumberTaken
from community_registry.rules import identity
from community_registry.rules.sealed import ID_NUMBER, NAME, PHONE
from community_registry.store import Household, Resident
from event_contracts.community_registry import ResidentRegistered
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.ids import new_id
from platform_kit.outbox import publish
from platform_kit.problems import NotFound
from platform_kit.sealing import Sealer, SubjectKey
from platform_kit.subject_keys import new_keys
from registry_replica.permitted import permitted


class Member(Protocol):
    """What is told of a person; nothing of it is stored as it came."""

    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def id_number(self) -> str | None: ...
    @property
    def born_on(self) -> date | None: ...


async def register_resident(
    tx: Tx, sealer: Sealer, *, household_id: UUID, member: Member, by: Caller
) -> Resident:
    household = await store.household(tx, household_id)
    if household is None or not await permitted(tx, by, POLICY["register_resident"], unit=household.unit_id):
        raise NotFound(what="household", field="household_id")
    at = await now(tx)
    resident_id = new_id()
    keys = await new_keys(tx, sealer, [resident_id])
    [resident] = await admit(tx, sealer, household, [(keys[resident_id], member)], at, field="")
    registered = ResidentRegistered(
        resident_id=resident.id, household_id=household.id, unit_id=household.unit_id
    )
    await publish(tx, registered, version=1, at=at)
    return resident


async def admit(
    tx: Tx,
    sealer: Sealer,
    household: Household,
    newcomers: Sequence[tuple[SubjectKey, Member]],
    at: datetime,
    *,
    field: str,
) -> list[Resident]:
    """Rows for these people, sealed by their own keys. `field` is where they stand in the caller's body, for naming what is
    wrong."""
    residents = [
        _sealed(sealer, household, key, member, field.format(n)) for n, (key, member) in enumerate(newcomers)
    ]
    seen: set[bytes] = set()
    async with as_system(tx):
        # A number may belong to somebody whom the caller may not see: it is taken all the same.
        for n, resident in enumerate(residents):
            if (index := resident.id_number_index) is None:
                continue
            if index in seen or await store.id_number_taken(tx, index):
                raise IdNumberTaken(field=f"{field.format(n)}id_number")
            seen.add(index)
    try:
        await store.insert_residents(tx, residents, at)
    except asyncpg.UniqueViolationError as taken:
        raise IdNumberTaken(field="id_number") from taken
    return residents


def _sealed(sealer: Sealer, household: Household, key: SubjectKey, member: Member, field: str) -> Resident:
    phone = identity.phone(member.phone, field=f"{field}phone") if member.phone else None
    number = identity.id_number(member.id_number, field=f"{field}id_number") if member.id_number else None
    return Resident(
        id=key.stored.subject,
        household_id=household.id,
        unit_id=household.unit_id,
        name=key.seal(member.name, for_=NAME),
        phone=key.seal(phone, for_=PHONE) if phone else None,
        phone_index=sealer.blind_index(phone, for_=PHONE) if phone else None,
        id_number=key.seal(number, for_=ID_NUMBER) if number else None,
        id_number_index=sealer.blind_index(number, for_=ID_NUMBER) if number else None,
        born_on=member.born_on,
        version=1,
        wrapped=key.stored.wrapped,
        kek=key.stored.kek,
        address=household.address,
        home_wrapped=household.wrapped,
        home_kek=household.kek,
    )
