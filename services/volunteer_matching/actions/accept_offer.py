"""A volunteer accepts. The first holds the task; the others' offers disappear with the same commit."""

from uuid import UUID

import asyncpg

from event_contracts.volunteer_matching import TaskAccepted
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.timers import clear_timer
from volunteer_matching import store
from volunteer_matching.actions.record import record
from volunteer_matching.actions.take import take_offered
from volunteer_matching.policy import POLICY
from volunteer_matching.problems import TimeClash
from volunteer_matching.rules import task as rules
from volunteer_matching.rules.task import Task


async def accept_offer(tx: Tx, offer_id: UUID, *, by: Caller) -> Task:
    task, offer = await take_offered(tx, offer_id, by, POLICY["accept_offer"])
    await store.lock_volunteer(tx, offer.volunteer_id)
    at = await now(tx)
    accepted = rules.accept(task, offer, at)
    if clash := await store.clashing_task(tx, task, offer.volunteer_id):
        raise TimeClash(task_id=str(clash))
    await store.save_offer(tx, offer.id, "accepted")
    async with as_system(tx):
        await store.end_open_offers(tx, task.id, "withdrawn")
    await clear_timer(tx, "offer_expiry", task.id)
    await clear_timer(tx, "task_deadline", task.id)
    try:
        return await record(
            tx, accepted, TaskAccepted, at, offer_id=offer.id, volunteer_id=offer.volunteer_id,
            person_id=offer.person_id,
        )  # fmt: skip
    except asyncpg.ExclusionViolationError as clash_meanwhile:
        raise TimeClash from clash_meanwhile
