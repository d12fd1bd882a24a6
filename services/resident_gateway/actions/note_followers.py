"""These people follow it from now on, or one of them no longer does; `joined`: as theirs, which was merged into it."""

from collections.abc import Sequence
from uuid import UUID

from platform_kit.db import Tx
from resident_gateway import store


async def note_followers(
    tx: Tx,
    subject_id: UUID,
    *,
    follow: Sequence[UUID] = (),
    joined: Sequence[UUID] = (),
    left: UUID | None = None,
) -> None:
    if follow or joined:
        await store.insert_followers(tx, subject_id, follow, joined)
    if left is not None:
        await store.delete_follower(tx, subject_id, left)
