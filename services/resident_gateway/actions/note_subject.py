"""Something happened to what people are told about: where it stands now, and what they are to be reminded of later."""

from datetime import datetime

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.timers import clear_timer, set_timer
from resident_gateway import store
from resident_gateway.rules.notification import Subject, is_news
from resident_gateway.rules.occasions import REMINDERS


async def note_subject(tx: Tx, told: Subject, happened_at: datetime) -> tuple[Subject, str | None] | None:
    """The subject and its state before; None when this was noted already, so that there is nothing to tell."""
    noted = await store.save_subject(tx, told)
    if noted is None or not told.state:
        return noted
    subject, before = noted
    if before is not None and (outdated := REMINDERS.get((subject.kind, before))):
        await clear_timer(tx, outdated.timer, subject.subject_id)
    if reminder := REMINDERS.get((subject.kind, subject.state)):
        due_at = happened_at + reminder.after
        # Not of what is long over, when a topic is read for the first time.
        if is_news(due_at, await now(tx)):
            await set_timer(tx, reminder.timer, subject.subject_id, due_at)
    return noted
