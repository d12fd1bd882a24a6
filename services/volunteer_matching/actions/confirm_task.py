"""The resident, or their community's worker, confirms: now the minutes count."""

from uuid import UUID

from event_contracts.volunteer_matching import TaskConfirmed
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from volunteer_matching import store
from volunteer_matching.actions.record import record
from volunteer_matching.actions.take import take
from volunteer_matching.policy import POLICY
from volunteer_matching.rules import task as rules
from volunteer_matching.rules.task import Task


async def confirm_task(tx: Tx, task_id: UUID, *, by: Caller) -> Task:
    task, at = await take(tx, task_id, by, POLICY["confirm_task"])
    confirmed = rules.confirm(task)
    volunteer = await store.volunteer(tx, task.volunteer_id) if task.volunteer_id else None
    if volunteer is None:
        raise NotFound(what="volunteer")
    return await record(
        tx, confirmed, TaskConfirmed, at, volunteer_id=volunteer.id, person_id=volunteer.person_id,
        minutes=task.minutes,
    )  # fmt: skip
