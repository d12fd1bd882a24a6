"""Deadlines: quiet hours end; a person has not answered, or not confirmed, for so long that they are reminded."""

from platform_kit.timers import TimerKind
from resident_gateway import actions, store
from resident_gateway.actions.take_deliveries import HELD
from resident_gateway.rules.occasions import REMINDERS

TIMERS = (
    TimerKind(HELD, lock=store.lock_delivery, fire=actions.release_delivery),
    *(
        TimerKind(reminder.timer, lock=store.subject_for_update, fire=actions.remind)
        for reminder in REMINDERS.values()
    ),
)
