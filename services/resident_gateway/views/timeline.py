"""A person's timeline: one query on the gateway's own read model, as fresh as the caller needs."""

import asyncio
from datetime import UTC
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.problems import InvalidInput, Text
from resident_gateway import schemas, store
from resident_gateway.rules.timeline import Item
from resident_gateway.views.words import KINDS, STATES, word

PATIENCE_SECONDS = 2.0
_LOOK_SECONDS = 0.02
_NOT_A_VERSION = Text("Write <topic>:<aggregate>:<version>.", "格式应为 <topic>:<aggregate>:<version>。")


async def timeline_page(
    tx: Tx, person_id: UUID, *, limit: int, cursor: str | None, min_version: str | None, language: str
) -> schemas.TimelinePage:
    """The barrier and the list are on one connection, so that the list has what the barrier saw."""
    fresh = await _wait_for(tx, min_version) if min_version else True
    items, following = await store.timeline(tx, person_id, limit, cursor)
    return schemas.TimelinePage(items=[_shown(item, language) for item in items], next=following, fresh=fresh)


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


def _shown(item: Item, language: str) -> schemas.TimelineItem:
    return schemas.TimelineItem(
        kind=item.kind,
        id=item.subject_id,
        number=item.number,
        title=word(KINDS, item.kind, language),
        state=item.state,
        state_text=word(STATES, item.state, language),
        amount=item.amount,
        happened_at=item.happened_at.astimezone(UTC),
        version=item.version,
    )
