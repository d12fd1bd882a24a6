"""The request is over before the help was given."""

from uuid import UUID

from event_contracts.volunteer_matching import TaskCancelled
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from volunteer_matching import store
from volunteer_matching.actions.record import record
from volunteer_matching.rules import task as rules


async def cancel_task(tx: Tx, *, request_id: UUID) -> None:
    for task in await store.unfinished_tasks_of_request(tx, request_id):
        await store.end_open_offers(tx, task.id, "withdrawn")
        await clear_timer(tx, "offer_expiry", task.id)
        await clear_timer(tx, "task_deadline", task.id)
        await record(tx, rules.cancel(task), TaskCancelled, await now(tx))
