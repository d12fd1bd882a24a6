"""People are told of an occasion: each of them once, whoever finds it and however often."""

from datetime import datetime
from uuid import UUID

from platform_kit.clock import now
from platform_kit.db import Tx
from resident_gateway import store
from resident_gateway.actions.recipients import recipients
from resident_gateway.rules.notification import Subject, notification_id, told_how
from resident_gateway.rules.occasions import Audience, Occasion, Urgency


async def notify(
    tx: Tx,
    occasion: Occasion,
    subject: Subject,
    *,
    instance: int,
    happened_at: datetime,
    actor: UUID | None = None,
) -> None:
    """`instance` is the version of the event behind it; `actor` brought it about, and knows."""
    at = await now(tx)
    urgency = told_how(occasion, happened_at, at)
    if urgency is None:
        return
    ids = {
        person: notification_id(person, subject.subject_id, occasion.name, instance)
        for person in await recipients(tx, occasion.to, subject, at)
        if person != actor or occasion.also_to_actor
    }
    if not ids:
        return
    sent = urgency is not Urgency.SHOWN
    # What lies in a unit is a resident's; an account may be anybody's.
    resident = occasion.to is Audience.OWNER and subject.unit_id is not None
    await store.insert_notifications(
        tx,
        ids,
        subject,
        occasion.name,
        instance,
        happened_at=happened_at,
        sent=sent,
        resident=resident,
        at=at,
    )
