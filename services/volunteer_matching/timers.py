"""Deadlines of a task: its offers expire; who may help is looked for again; somebody must hold it before it starts."""

from platform_kit.timers import TimerKind
from volunteer_matching import actions, store

TIMERS = (
    TimerKind("offer_expiry", lock=store.lock_task, fire=actions.expire_offers),
    TimerKind("rematch", lock=store.lock_task, fire=actions.propose_match),
    TimerKind("task_deadline", lock=store.lock_task, fire=actions.escalate_task),
)
