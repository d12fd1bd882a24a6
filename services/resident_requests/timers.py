"""Deadlines of a request: nobody took it up; the resident said nothing after it was resolved."""

from platform_kit.timers import TimerKind
from resident_requests import actions, store

TIMERS = (
    TimerKind("take_up", lock=store.lock_request, fire=actions.escalate_request),
    TimerKind("silence", lock=store.lock_request, fire=actions.close_silent_request),
)
