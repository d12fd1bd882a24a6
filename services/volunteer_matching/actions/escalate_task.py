"""It should start and nobody holds it: a community worker must find help."""

from uuid import UUID

from event_contracts.volunteer_matching import TaskEscalated
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from volunteer_matching import store
from volunteer_matching.actions.record import record
from volunteer_matching.rules import task as rules


async def escalate_task(tx: Tx, task_id: UUID) -> None:
    task = await store.task_for_update(tx, task_id)
    if task is None or task.state not in (rules.State.OPEN, rules.State.OFFERED):
        return
    await store.end_open_offers(tx, task_id, "expired")
    await clear_timer(tx, "offer_expiry", task_id)
    await record(tx, rules.escalate(task), TaskEscalated, await now(tx))
