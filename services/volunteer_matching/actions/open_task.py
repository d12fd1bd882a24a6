"""A request that needs a volunteer becomes a task, and the best three are asked."""

from datetime import datetime
from uuid import UUID

from event_contracts.volunteer_matching import TaskOpened
from platform_kit.clock import now
from platform_kit.consumer import NotYet
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.outbox import publish
from platform_kit.timers import set_timer
from registry_replica.store import unit
from volunteer_matching import store
from volunteer_matching.actions.propose_match import propose_match
from volunteer_matching.rules.task import State, Task, deadline


async def open_task(
    tx: Tx,
    *,
    request_id: UUID,
    request_version: int,
    resident_id: UUID,
    unit_id: UUID,
    skill: str | None,
    starts_at: datetime,
    ends_at: datetime,
) -> None:
    """NotYet while the request's unit is not known here. Each time that the request was triaged makes one task, however often that is
    told; what was asked for before has ended."""
    if await unit(tx, unit_id) is None:
        raise NotYet(f"unit {unit_id}")
    if await store.task_made_for(tx, request_id, request_version):
        return
    task = Task(
        id=new_id(), request_id=request_id, resident_id=resident_id, unit_id=unit_id, skill=skill,
        starts_at=starts_at, ends_at=ends_at, state=State.OPEN, volunteer_id=None, checked_in_at=None, minutes=None,
        version=1, request_version=request_version,
    )  # fmt: skip
    at = await now(tx)
    await store.insert_task(tx, task, at)
    opened = TaskOpened(
        task_id=task.id, request_id=request_id, resident_id=resident_id, unit_id=unit_id, skill=skill,
        starts_at=starts_at, ends_at=ends_at, request_version=request_version,
    )  # fmt: skip
    await publish(tx, opened, version=1, at=at)
    await set_timer(tx, "task_deadline", task.id, deadline(task, at))
    await propose_match(tx, task.id)
