"""The volunteer has arrived."""

from uuid import UUID

from event_contracts.volunteer_matching import TaskCheckedIn
from platform_kit.auth import Caller
from platform_kit.db import Tx
from volunteer_matching.actions.record import record
from volunteer_matching.actions.take import take
from volunteer_matching.policy import POLICY
from volunteer_matching.rules import task as rules
from volunteer_matching.rules.task import Task


async def check_in(tx: Tx, task_id: UUID, *, by: Caller) -> Task:
    task, at = await take(tx, task_id, by, POLICY["check_in"])
    arrived = rules.check_in(task, at)
    return await record(tx, arrived, TaskCheckedIn, at, volunteer_id=task.volunteer_id, person_id=by.subject)
