"""Taking a task in hand: its lock, and the right to do something with it. Who has none learns nothing: 404."""

from datetime import datetime
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.policy import ASSIGNED, Operation
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted
from volunteer_matching import store
from volunteer_matching.rules.task import Offer, Task


async def take_offered(tx: Tx, offer_id: UUID, by: Caller, operation: Operation) -> tuple[Task, Offer]:
    """For the person who was asked. The offer is read after the task's lock is held."""
    task_id = await store.task_of_offer(tx, offer_id)
    task = await store.task_for_update(tx, task_id) if task_id else None
    offer = await store.offer(tx, offer_id)
    if task is None or offer is None or not await permitted(tx, by, operation, holder=offer.person_id):
        raise NotFound(what="offer")
    return task, offer


async def take(tx: Tx, task_id: UUID, by: Caller, operation: Operation) -> tuple[Task, datetime]:
    """The task and the time, read under its lock; for whom the policy lets do it: the volunteer who holds it, the resident whom it helps and who acts for them, staff whose units hold it."""
    task = await store.task_for_update(tx, task_id)
    holder = await store.holder(tx, task) if task and operation.roles(ASSIGNED) else None
    at = await now(tx)
    if task is None or not await permitted(
        tx, by, operation, owner=task.resident_id, holder=holder, unit=task.unit_id, at=at
    ):
        raise NotFound(what="task")
    return task, at
