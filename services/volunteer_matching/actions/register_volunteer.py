"""A resident offers to help; what is open and fits is offered to them at once."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from event_contracts.volunteer_matching import VolunteerRegistered
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.ids import new_id
from platform_kit.outbox import publish
from platform_kit.problems import NotFound
from registry_replica.store import resident, unit
from volunteer_matching import store
from volunteer_matching.actions.propose_match import propose_match
from volunteer_matching.problems import AlreadyVolunteer
from volunteer_matching.store import Volunteer

REMATCHED = 20


async def register_volunteer(
    tx: Tx, *, person_id: UUID, unit_id: UUID | None, skills: Sequence[str]
) -> Volunteer:
    person = await resident(tx, person_id)
    if person is None:
        raise NotFound(what="resident")
    helps_in = unit_id or person.unit_id
    if await unit(tx, helps_in) is None:
        raise NotFound(what="unit", field="unit_id")
    volunteer = Volunteer(new_id(), person_id, helps_in, tuple(sorted(set(skills))), 1)
    at = await now(tx)
    try:
        await store.insert_volunteer(tx, volunteer, at)
    except asyncpg.UniqueViolationError as taken:
        raise AlreadyVolunteer from taken
    registered = VolunteerRegistered(
        volunteer_id=volunteer.id, person_id=person_id, unit_id=helps_in, skills=volunteer.skills
    )
    await publish(tx, registered, version=1, at=at)
    async with as_system(tx):
        for task_id in await store.waiting_tasks(tx, volunteer.skills, REMATCHED):
            await propose_match(tx, task_id)
    return volunteer
