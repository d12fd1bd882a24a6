"""Who is told of an occasion: whom it is about, whose own goes on as it, who follows it or acts for them, or who works on such things
for its unit."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from platform_kit.consumer import NotYet
from platform_kit.db import Tx
from registry_replica.store import delegates_of
from resident_gateway import store
from resident_gateway.rules.notification import Subject
from resident_gateway.rules.occasions import Audience


async def recipients(tx: Tx, audience: Audience, subject: Subject, at: datetime) -> Sequence[UUID]:
    """At that instant; each person as what is nearest to them: owner, joined, then whoever follows or acts. NotYet where its unit is not
    known here yet."""
    if audience is Audience.OWNER:
        return [subject.owner_id] if subject.owner_id is not None else []
    if audience is Audience.JOINED:
        return [
            each
            for each in await store.followers(tx, subject.subject_id, joined=True)
            if each != subject.owner_id
        ]
    if audience is Audience.FOLLOWERS:
        nearer = {subject.owner_id, *await store.followers(tx, subject.subject_id, joined=True)}
        follow = await store.followers(tx, subject.subject_id, joined=False)
        acting = await delegates_of(tx, subject.owner_id, at) if subject.owner_id is not None else []
        return [each for each in dict.fromkeys((*follow, *acting)) if each not in nearer]
    if subject.unit_id is None:
        return []
    staff = await store.staff_at(tx, subject.unit_id, audience.value, at)
    if staff is None:
        raise NotYet(f"unit {subject.unit_id}")
    return staff
