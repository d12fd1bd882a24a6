"""The volunteer cannot come after all: others are asked at once, this one not again."""

from uuid import UUID

from event_contracts.volunteer_matching import TaskReopened
from platform_kit.auth import Caller
from platform_kit.db import Tx, as_system
from platform_kit.problems import WrongState
from platform_kit.timers import set_timer
from volunteer_matching import store
from volunteer_matching.actions.propose_match import propose_match
from volunteer_matching.actions.record import record
from volunteer_matching.actions.take import take
from volunteer_matching.policy import POLICY
from volunteer_matching.rules import task as rules
from volunteer_matching.rules.task import Task


async def step_back(tx: Tx, task_id: UUID, *, by: Caller) -> Task:
    task, at = await take(tx, task_id, by, POLICY["step_back"])
    if task.state is not rules.State.ACCEPTED:
        raise WrongState(state=task.state.value, wanted="given back")
    await store.end_accepted_offer(tx, task_id)
    await set_timer(tx, "task_deadline", task_id, rules.deadline(task, at))
    async with as_system(tx):
        reopened = await record(tx, rules.reopen(task), TaskReopened, at, why="stepped_back")
        await propose_match(tx, task_id)
        return await store.task(tx, task_id) or reopened
