"""A person's timeline: one query on the gateway's own read model, as fresh as the caller needs."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from asyncpg import Record

from platform_kit.acting import Acting
from platform_kit.db import Database, Tx
from platform_kit.money import Money
from platform_kit.problems import InvalidInput, Text
from resident_gateway import schemas, store
from resident_gateway.views.words import JOINED, KINDS, STATES

PATIENCE_SECONDS = 2.0
FIRST_LOOK_SECONDS, LAST_LOOK_SECONDS = 0.02, 0.2
# At once in this process: when the read model lags, everybody who has just written waits for it, and each looks again and again.
WAITING_AT_MOST = 40
_NOT_A_VERSION = Text("Write <topic>:<aggregate>:<version>.", "格式应为 <topic>:<aggregate>:<version>。")
_waiting = asyncio.Semaphore(WAITING_AT_MOST)


async def timeline_page(
    tx: Tx, acting: Acting, person_id: UUID, *, limit: int, cursor: str | None, fresh: bool, language: str
) -> schemas.TimelinePage:
    rows, following = await store.timeline(tx, acting, person_id, limit, cursor)
    items = [_shown(row, KINDS[language], STATES[language], JOINED[language]) for row in rows]
    return {"items": items, "next": following, "fresh": fresh}


async def arrived(db: Database, min_version: str) -> bool:
    """Wait for it, on no connection of one's own: True when it is here. Whoever comes when many wait is not kept waiting."""
    topic, _, rest = min_version.partition(":")
    aggregate, _, version = rest.partition(":")
    if (
        not (topic and aggregate and version.isdecimal() and len(version) < 18)
        or not min_version.isprintable()
    ):
        raise InvalidInput(field="min_version", reason=_NOT_A_VERSION)
    waited, pause = 0.0, FIRST_LOOK_SECONDS
    while True:
        async with db.connection() as tx:
            if await store.timeline_version(tx, topic, aggregate) >= int(version):
                return True
        if waited >= PATIENCE_SECONDS or _waiting.locked():
            return False
        async with _waiting:
            await asyncio.sleep(pause)
        waited, pause = waited + pause, min(pause * 1.5, LAST_LOOK_SECONDS)


def _shown(
    row: Record, kinds: Mapping[str, str], states: Mapping[str, str], joined: str
) -> schemas.TimelineItem:
    """By place: fifty rows a page, and a column found by its name costs more than one that is simply the next."""
    kind, id_, number, detail, state, amount, currency, happened_at, version = row
    return {
        "kind": kind,
        "id": id_,
        "number": number,
        "title": kinds.get(kind, kind),
        "state": state,
        "state_text": joined.format(number=detail)
        if state == "merged" and kind == "request"
        else states.get(state, state),
        "amount": None if amount is None else Money(amount, currency),
        "happened_at": happened_at,
        "version": version,
    }
