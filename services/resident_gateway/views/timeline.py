"""A person's timeline: one query on the gateway's own read model, as fresh as the caller needs."""

import asyncio
from uuid import UUID

from asyncpg import Record

from platform_kit.db import Tx
from platform_kit.money import Money
from platform_kit.problems import InvalidInput, Text
from resident_gateway import schemas, store
from resident_gateway.views.words import KINDS, STATES, word

PATIENCE_SECONDS = 2.0
_LOOK_SECONDS = 0.02
_NOT_A_VERSION = Text("Write <topic>:<aggregate>:<version>.", "格式应为 <topic>:<aggregate>:<version>。")


async def timeline_page(
    tx: Tx, person_id: UUID, *, limit: int, cursor: str | None, min_version: str | None, language: str
) -> schemas.TimelinePage:
    """The barrier and the list are on one connection, so that the list has what the barrier saw."""
    fresh = await _wait_for(tx, min_version) if min_version else True
    rows, following = await store.timeline(tx, person_id, limit, cursor)
    return schemas.TimelinePage([_shown(row, language) for row in rows], following, fresh)


async def _wait_for(tx: Tx, min_version: str) -> bool:
    topic, _, rest = min_version.partition(":")
    aggregate, _, version = rest.partition(":")
    if (
        not (topic and aggregate and version.isdecimal() and len(version) < 18)
        or not min_version.isprintable()
    ):
        raise InvalidInput(field="min_version", reason=_NOT_A_VERSION)
    for _ in range(int(PATIENCE_SECONDS / _LOOK_SECONDS)):
        if await store.timeline_version(tx, topic, aggregate) >= int(version):
            return True
        await asyncio.sleep(_LOOK_SECONDS)
    return False


def _shown(row: Record, language: str) -> schemas.TimelineItem:
    amount, state = row["amount_minor"], row["state"]
    return schemas.TimelineItem(
        kind=row["kind"],
        id=row["subject_id"],
        number=row["number"],
        title=word(KINDS, row["kind"], language),
        state=state,
        state_text=word(STATES, state, language),
        amount=None if amount is None else Money(amount, row["currency"]),
        happened_at=row["happened_at"],
        version=row["version"],
    )
