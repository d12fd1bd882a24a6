"""These may know nothing of it any more: they are told no more, what they were told is gone, and so is what was on its way."""

from collections.abc import Sequence
from uuid import UUID

from platform_kit.db import Tx
from resident_gateway import store
from resident_gateway.rules.occasions import OCCASIONS, Audience


async def note_hidden(tx: Tx, subject_id: UUID, people: Sequence[UUID]) -> None:
    of_followers = [each.name for each in OCCASIONS.values() if each.to is Audience.FOLLOWERS]
    for person_id in people:
        await store.delete_follower(tx, subject_id, person_id)
    await store.delete_notifications(tx, subject_id, people, of_followers)
