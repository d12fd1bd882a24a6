"""Nobody answered in time: the next are asked."""

from uuid import UUID

from event_contracts.volunteer_matching import TaskReopened
from platform_kit.clock import now
from platform_kit.db import Tx
from volunteer_matching import store
from volunteer_matching.actions.propose_match import propose_match
from volunteer_matching.actions.record import record
from volunteer_matching.rules import task as rules


async def expire_offers(tx: Tx, task_id: UUID) -> None:
    task = await store.task_for_update(tx, task_id)
    if task is None or task.state is not rules.State.OFFERED:
        return
    await store.end_open_offers(tx, task_id, "expired")
    await record(tx, rules.reopen(task), TaskReopened, await now(tx), why="expired")
    await propose_match(tx, task_id)
