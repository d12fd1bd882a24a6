"""A person's timeline: one query on the gateway's own read model, as fresh as the caller needs."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from asyncpg import Record

from platform_kit.db import Tx
from platform_kit.money import Money
from platform_kit.problems import InvalidInput, Text
from resident_gateway import schemas, store
from resident_gateway.views.words import KINDS, STATES

PATIENCE_SECONDS = 2.0
_LOOK_SECONDS = 0.02
_NOT_A_VERSION = Text("Write <topic>:<aggregate>:<version>.", "格式应为 <topic>:<aggregate>:<version>。")


async def timeline_page(
    tx: Tx, person_id: UUID, *, limit: int, cursor: str | None, min_version: str | None, language: str
) -> schemas.TimelinePage:
    """The barrier and the list are on one connection, so that the list has what the barrier saw."""
    fresh = await _wait_for(tx, min_version) if min_version else True
    rows, following = await store.timeline(tx, person_id, limit, cursor)
    items = [_shown(row, KINDS[language], STATES[language]) for row in rows]
    return schemas.TimelinePage(items, following, fresh)


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


def _shown(row: Record, kinds: Mapping[str, str], states: Mapping[str, str]) -> schemas.TimelineItem:
    """By place: fifty rows a page, and a column found by its name costs more than one that is simply the next."""
    kind, subject_id, number, state, amount, currency, happened_at, version = row
    return schemas.TimelineItem(
        kind,
        subject_id,
        number,
        kinds.get(kind, kind),
        state,
        states.get(state, state),
        None if amount is None else Money(amount, currency),
        happened_at,
        version,
    )
