"""Taking a task in hand: its lock, and the right to do something with it. Who has none learns nothing: 404."""

from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from registry_replica.store import within
from volunteer_matching import store
from volunteer_matching.rules.task import Offer, Task


async def take_offered(tx: Tx, offer_id: UUID, by: Caller) -> tuple[Task, Offer]:
    """For the person who was asked. The offer is read after the task's lock is held."""
    task_id = await store.task_of_offer(tx, offer_id)
    task = await store.task_for_update(tx, task_id) if task_id else None
    offer = await store.offer(tx, offer_id)
    if task is None or offer is None or offer.person_id != by.subject:
        raise NotFound(what="offer")
    return task, offer


async def take_held(tx: Tx, task_id: UUID, by: Caller) -> Task:
    """For the volunteer who holds it."""
    task = await store.task_for_update(tx, task_id)
    volunteer = await store.volunteer_of(tx, by.subject)
    if task is None or volunteer is None or task.volunteer_id != volunteer.id:
        raise NotFound(what="task")
    return task


async def take_received(tx: Tx, task_id: UUID, by: Caller) -> Task:
    """For the resident whom it helps, and the staff whose units hold it."""
    task = await store.task_for_update(tx, task_id)
    if task is None or not (
        by.subject == task.resident_id or await within(tx, by, task.unit_id, *store.STAFF)
    ):
        raise NotFound(what="task")
    return task
