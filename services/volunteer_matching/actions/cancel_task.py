"""Nobody needs the help any more for which the request asked before that event of it: it is over, staff do it, or others are asked."""

from uuid import UUID

from event_contracts.volunteer_matching import TaskCancelled
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import clear_timer
from volunteer_matching import store
from volunteer_matching.actions.record import record
from volunteer_matching.rules import task as rules


async def cancel_task(tx: Tx, *, request_id: UUID, before: int, begun_too: bool = True) -> None:
    """`before`: the version of that event; what a later one asked for stays, however often this one is read. Without `begun_too`
    whoever has checked in goes on: their time counts."""
    for task in await store.unfinished_tasks_of_request(tx, request_id, before=before):
        if task.state is rules.State.CHECKED_IN and not begun_too:
            continue
        await store.end_open_offers(tx, task.id, "withdrawn")
        for timer in ("offer_expiry", "rematch", "task_deadline"):
            await clear_timer(tx, timer, task.id)
        await record(tx, rules.cancel(task), TaskCancelled, await now(tx))
