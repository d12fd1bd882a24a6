"""The read model of people's timelines."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import xor
from uuid import UUID

from asyncpg import Record

from platform_kit.acting import Acting
from platform_kit.db import Tx
from platform_kit.inbox import applied_version
from platform_kit.paging import decode_cursor, encode_cursor
from resident_gateway.rules.timeline import Item


async def save_item(tx: Tx, item: Item) -> None:
    """A new row, or the thing's newer state; what an event does not say stays as it was. None of somebody erased."""
    await tx.execute(
        """
        INSERT INTO timeline_item AS t (person_id, subject_id, kind, number, detail, state, amount_minor, currency,
                                        happened_at, version)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
        WHERE linli_hold($1)
        ON CONFLICT (person_id, subject_id) DO UPDATE SET state = excluded.state,
            number = coalesce(excluded.number, t.number), detail = coalesce(excluded.detail, t.detail),
            amount_minor = coalesce(excluded.amount_minor, t.amount_minor),
            currency = coalesce(excluded.currency, t.currency),
            happened_at = excluded.happened_at, version = excluded.version
        """,
        item.person_id,
        item.subject_id,
        item.kind,
        item.number,
        item.detail,
        item.state,
        item.amount.amount if item.amount else None,
        item.amount.currency if item.amount else None,
        item.happened_at,
        item.version,
    )


async def save_state_for_all(
    tx: Tx,
    subject_id: UUID,
    *,
    kind: str,
    state: str,
    among: Sequence[str] | None,
    version: int,
    at: datetime,
) -> None:
    """Everybody who has this thing on their timeline sees its new state; `among`: only rows in one of these states."""
    await tx.execute(
        """
        UPDATE timeline_item SET state = $3, version = $5, happened_at = $6
        WHERE subject_id = $1 AND kind = $2 AND ($4::text[] IS NULL OR state = ANY($4))
        """,
        subject_id,
        kind,
        state,
        list(among) if among is not None else None,
        version,
        at,
    )


async def delete_item(tx: Tx, person_id: UUID, subject_id: UUID, *, kind: str) -> None:
    theirs = "person_id = $1 AND subject_id = $2 AND kind = $3"
    await tx.execute(f"DELETE FROM timeline_item WHERE {theirs}", person_id, subject_id, kind)


# Each says itself for whom it asks, before it looks: the setting ends with the statement, and what is asked all the time needs
# no BEGIN and no COMMIT.
_CALLER = "WITH caller AS MATERIALIZED (SELECT set_config('linli.caller', $3, true) AS told)"
_SHOWN = "kind, subject_id::text AS id, number, detail, state, amount_minor, currency, happened_at, version"
_THEIRS = "FROM timeline_item t WHERE caller.told <> '' AND person_id = $1"
_NEWEST_FIRST = "ORDER BY happened_at DESC, subject_id DESC LIMIT $2"
_PRINT = "hash_record_extended(t, 0)"

_TIMELINE = f"""
    {_CALLER} SELECT page.* FROM caller CROSS JOIN LATERAL (
        SELECT {_SHOWN} {_THEIRS}
            AND ($4::timestamptz IS NULL OR (happened_at, subject_id) < ($4, $5::uuid))
        {_NEWEST_FIRST}
    ) page
"""
_NEWEST = f"{_CALLER} SELECT page.* FROM caller CROSS JOIN LATERAL (SELECT {_SHOWN}, {_PRINT} {_THEIRS} {_NEWEST_FIRST}) page"
_PRINT_OF_NEWEST = f"""
    {_CALLER} SELECT coalesce(bit_xor(page.print), 0)
    FROM caller CROSS JOIN LATERAL (SELECT {_PRINT} AS print {_THEIRS} {_NEWEST_FIRST}) page
"""


async def timeline(
    tx: Tx, acting: Acting, person_id: UUID, limit: int, cursor: str | None
) -> tuple[list[Record], str | None]:
    """Rows, newest first; a page continues after the instant and id of the last row seen. Ids as text, as they are written."""
    after = decode_cursor(cursor, (instant, UUID)) if cursor else (None, None)
    return _cut(await tx.fetch(_TIMELINE, person_id, limit + 1, acting.setting, *after), limit)


async def newest(tx: Tx, acting: Acting, person_id: UUID, limit: int) -> tuple[list[Record], str | None, int]:
    """The first page of `timeline`, with each row's print as its last column; and the print of the page."""
    rows = await tx.fetch(_NEWEST, person_id, limit + 1, acting.setting)
    return *_cut(rows, limit), reduce(xor, (row[-1] for row in rows), 0)


async def print_of_newest(tx: Tx, acting: Acting, person_id: UUID, limit: int) -> int:
    """The print of the page that `newest` would give the same caller at this moment: 64 bits of every column of its rows, so that
    whoever has such a page knows whether it still is."""
    print_: int = await tx.fetchval(_PRINT_OF_NEWEST, person_id, limit + 1, acting.setting)
    return print_


def _cut(rows: list[Record], limit: int) -> tuple[list[Record], str | None]:
    """One row more than the page was asked for: there is another page."""
    kept = rows[:limit]
    if len(rows) == len(kept):
        return kept, None
    return kept, encode_cursor([kept[-1]["happened_at"].isoformat(), kept[-1]["id"]])


def instant(text: str) -> datetime:
    """Of a cursor, which anybody can write: with a zone, and in years that every zone can hold."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or not 1900 <= at.year <= 9000:
        raise ValueError(text)
    return at


async def timeline_version(tx: Tx, topic: str, aggregate: str) -> int:
    """The last version of that aggregate that the timeline shows."""
    return await applied_version(tx, "resident_gateway.timeline", topic, aggregate)


async def zone_of(tx: Tx, person_id: UUID) -> str:
    """The IANA zone of the person's unit; the district's where the registry has not told yet."""
    zone: str | None = await tx.fetchval(
        "SELECT u.zone FROM resident r JOIN unit u ON u.id = r.unit_id WHERE r.id = $1", person_id
    )
    return zone or "Asia/Shanghai"
