"""The time of a reminder has come: told only if its subject still is where it was."""

from uuid import UUID

from platform_kit.clock import now
from platform_kit.db import Tx
from resident_gateway import store
from resident_gateway.actions.notify import notify
from resident_gateway.rules.occasions import REMINDERS


async def remind(tx: Tx, subject_id: UUID) -> None:
    """Once for each time it came into its state: the version of that event is the reminder's instance."""
    subject = await store.subject_for_update(tx, subject_id)
    if subject is None:
        return
    reminder = REMINDERS.get((subject.kind, subject.state))
    if reminder is not None:
        at = await now(tx)
        await notify(tx, reminder.occasion, subject, instance=subject.state_version, happened_at=at)
