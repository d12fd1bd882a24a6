"""Deadlines of a request: a promise is missed; nobody took it up, or began with it; the resident says nothing when asked, or after it was
resolved."""

from platform_kit.timers import TimerKind
from resident_requests import actions, store
from resident_requests.rules.clocks import PROMISE_TIMER

TIMERS = (
    TimerKind(PROMISE_TIMER, lock=store.lock_request, fire=actions.escalate_overdue),
    TimerKind("unanswered", lock=store.lock_request, fire=actions.end_waiting),
    TimerKind("take_up", lock=store.lock_request, fire=actions.escalate_request),
    TimerKind("silence", lock=store.lock_request, fire=actions.close_silent_request),
)
