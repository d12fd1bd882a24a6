"""The audit as auditors ask for it: newest first, of a period, by keyset; as a page or as lines of CSV."""

import csv
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

from asyncpg import Record

from platform_kit.audit import Entry, record
from platform_kit.auth import Caller
from platform_kit.db import Database, Tx
from platform_kit.paging import decode_cursor, fetch_page

# A question without a beginning is about this long: the id that is time says where to begin, and no index more has to be kept
# up by every command.
PERIOD = timedelta(days=31)
_AT_ONCE = 1000
# A row's id is drawn at its own moment, give or take what lies between two clocks read one after the other.
_SLACK = timedelta(seconds=1)
_BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_MATCHING = """
    SELECT a.id, at, service, actor, roles, subject, operation, object, outcome, status, address, correlation_id,
        encode(key_digest, 'hex') AS key_digest, reason,
        (SELECT seq FROM audit_chain c WHERE c.audit_id = a.id) AS seq
    FROM audit a
    WHERE a.id BETWEEN $1 AND $2 AND at >= $3 AND at < $4
        AND ($5::uuid IS NULL OR actor = $5) AND ($6::uuid IS NULL OR subject = $6) AND ($7::text IS NULL OR operation = $7)
"""
COLUMNS = (
    "seq", "id", "at", "service", "actor", "roles", "subject", "operation", "object", "outcome", "status", "address",
    "correlation_id", "key_digest", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """None asks for any. `since` is part of the period, `until` is not."""

    since: datetime | None = None
    until: datetime | None = None
    actor: UUID | None = None
    subject: UUID | None = None
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its period, written down as asked."""

    since: datetime
    until: datetime
    question: Question

    def values(self, cursor: str | None) -> tuple[Any, ...]:
        """A page begins where the one before ended: otherwise all that was read would be read again for each."""
        last = decode_cursor(cursor)[0] if cursor else _first_id(self.until + _SLACK)
        first, question = _first_id(self.since - _SLACK), self.question
        return (first, last, self.since, self.until, question.actor, question.subject, question.operation)


async def ask(tx: Tx, question: Question, *, by: Caller, how: str) -> Asked:
    """Write down that `by` looks at the audit, before it is shown. `how` is the operation's name."""
    # Rows are of the real time, so the end is too, whatever `linli clock advance` says.
    until = question.until or await tx.fetchval("SELECT clock_timestamp()")
    asked = Asked(question.since or until - PERIOD, until, question)
    named = {"from": asked.since.astimezone(UTC).isoformat(), "to": until.astimezone(UTC).isoformat()}
    for name in ("actor", "operation"):
        if (value := getattr(question, name)) is not None:
            named[name] = str(value)
    await record(tx, Entry(operation=how, caller=by, subject=question.subject, object=named))
    return asked


async def entries(tx: Tx, asked: Asked, *, limit: int, cursor: str | None) -> tuple[list[Record], str | None]:
    """A page, newest first, and the next one's cursor."""
    return await fetch_page(tx, _MATCHING, asked.values(cursor), limit=limit, cursor=cursor)


async def csv_lines(db: Database, asked: Asked) -> AsyncIterator[str]:
    """All of them, some at a time, each time on a connection of its own: a slow reader holds none."""
    yield _BOM + _line(COLUMNS)
    cursor, more = None, True
    while more:
        async with db.connection() as tx:
            rows, cursor = await entries(tx, asked, limit=_AT_ONCE, cursor=cursor)
        yield "".join(_line([row[column] for column in COLUMNS]) for row in rows)
        more = cursor is not None


def _line(values: Sequence[object]) -> str:
    out = StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow([_cell(value) for value in values])
    return out.getvalue()


def _cell(value: object) -> str:
    """Text that a spreadsheet does not take for a formula."""
    match value:
        case None:
            text = ""
        case datetime():
            text = value.astimezone(UTC).isoformat()
        case list():
            text = " ".join(map(str, value))
        case dict():
            text = " ".join(f"{name}={each}" for name, each in value.items())
        case _:
            text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _first_id(at: datetime) -> UUID:
    """The smallest UUIDv7 of that millisecond."""
    milliseconds = max(0, int(at.timestamp() * 1000))
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x8 << 60))
