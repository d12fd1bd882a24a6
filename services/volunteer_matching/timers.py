"""Deadlines of a task: its offers expire; it must be held by somebody before it starts."""

from platform_kit.timers import TimerKind
from volunteer_matching import actions, store

TIMERS = (
    TimerKind("offer_expiry", lock=store.lock_task, fire=actions.expire_offers),
    TimerKind("task_deadline", lock=store.lock_task, fire=actions.escalate_task),
)
