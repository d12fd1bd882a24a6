"""A person's timeline: one query on the gateway's own read model, as fresh as the caller needs."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

import orjson
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
# Of one person, however many devices they have: or one could take all the places.
WAITING_OF_ONE = 4
_NOT_A_VERSION = Text("Write <topic>:<aggregate>:<version>.", "格式应为 <topic>:<aggregate>:<version>。")
_waiting = asyncio.Semaphore(WAITING_AT_MOST)
_of_each: Counter[UUID] = Counter()


async def timeline_page(
    tx: Tx, acting: Acting, person_id: UUID, *, limit: int, cursor: str | None, fresh: bool, language: str
) -> schemas.TimelinePage:
    rows, following = await store.timeline(tx, acting, person_id, limit, cursor)
    return page_of(rows, following, fresh=fresh, language=language)


def page_of(
    rows: Sequence[Record], following: str | None, *, fresh: bool, language: str
) -> schemas.TimelinePage:
    kinds, states, joined = KINDS[language], STATES[language], JOINED[language]
    return {"items": [_shown(row, kinds, states, joined) for row in rows], "next": following, "fresh": fresh}


def written(page: schemas.TimelinePage) -> bytes:
    """As JSON, at once: an answer that is returned as it is would be validated first."""
    return orjson.dumps(page, option=orjson.OPT_UTC_Z)


async def arrived(db: Database, person_id: UUID, min_version: str) -> bool:
    """Wait for it, on no connection of one's own: True when it is here. Whoever comes when many wait, or when enough of their own
    do, is not kept waiting."""
    topic, _, rest = min_version.partition(":")
    aggregate, _, version = rest.partition(":")
    if (
        not (topic and aggregate and version.isdecimal() and len(version) < 18)
        or not min_version.isprintable()
    ):
        raise InvalidInput(field="min_version", reason=_NOT_A_VERSION)
    wanted = int(version)
    if await _applied(db, topic, aggregate) >= wanted:
        return True
    if _waiting.locked() or _of_each[person_id] >= WAITING_OF_ONE:
        return False
    waited, pause = 0.0, FIRST_LOOK_SECONDS
    with _counted(person_id):
        async with _waiting:
            while waited < PATIENCE_SECONDS:
                await asyncio.sleep(pause)
                if await _applied(db, topic, aggregate) >= wanted:
                    return True
                waited, pause = waited + pause, min(pause * 1.5, LAST_LOOK_SECONDS)
    return False


async def _applied(db: Database, topic: str, aggregate: str) -> int:
    async with db.connection() as tx:
        return await store.timeline_version(tx, topic, aggregate)


@contextmanager
def _counted(person_id: UUID) -> Iterator[None]:
    _of_each[person_id] += 1
    try:
        yield
    finally:
        _of_each[person_id] -= 1
        if not _of_each[person_id]:
            del _of_each[person_id]


def _shown(
    row: Record, kinds: Mapping[str, str], states: Mapping[str, str], joined: str
) -> schemas.TimelineItem:
    """By place: fifty rows a page, and a column found by its name costs more than one that is simply the next."""
    kind, id_, number, detail, state, amount, currency, happened_at, version, *_ = row
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
