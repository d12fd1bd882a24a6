"""Refused commands of people who are signed in, and refused tries to sign in: each leaves a row, in a transaction of its own, since its own was rolled back.

Bounded, so that refusing never costs what commands need: those that wait are written together, on one connection of the
process at a time. An answer waits for its row a moment and is the same whether the row could be written or not.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError

from platform_kit import telemetry
from platform_kit.acting import SYSTEM
from platform_kit.audit import Entry, record_all, uuid_or_none
from platform_kit.auth import Caller
from platform_kit.db import Database
from platform_kit.policy import operation_name
from platform_kit.problems import InProgress, InvalidInput, Refusal, Unstorable
from platform_kit.sealing import Sealer

# What becomes of a command that somebody may make, in words of HTTP. Not 400, 401, 408, 413: nobody, or no command. Not
# 429 and 503: those are asked again.
KEPT = (403, 404, 409, 422)
RAISED = (Refusal, RequestValidationError, asyncpg.DataError)
PATIENCE_SECONDS = 1.0
WRITING_SECONDS = 5.0
MOST_WAITING = 1000


class RefusalNotes:
    """One for each process. `note` returns when the rows stand, or after PATIENCE_SECONDS; it never raises."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._waiting: list[Entry] = []
        self._round: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    async def note(self, db: Database, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        if self._waiting and len(self._waiting) + len(entries) > MOST_WAITING:
            self._lost(entries, "too many wait")
            return
        self._waiting += entries
        if self._round is None:
            self._round = asyncio.get_running_loop().create_future()
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(db))
        await asyncio.wait([self._round], timeout=PATIENCE_SECONDS)

    async def _write(self, db: Database) -> None:
        while (written := self._round) is not None:
            entries, self._waiting, self._round = self._waiting, [], None
            try:
                async with asyncio.timeout(WRITING_SECONDS), db.transaction(SYSTEM) as tx:
                    await record_all(tx, entries)
            except Exception as error:
                self._lost(entries, repr(error))
            written.set_result(None)

    def _lost(self, entries: Sequence[Entry], why: str) -> None:
        """The log has what the table has not."""
        telemetry.AUDIT_LOST.labels(self._service).inc(len(entries))
        for entry in entries:
            telemetry.log.error(
                "refusal not in the audit",
                subject=str(entry.caller.subject) if entry.caller else None,
                operation=entry.operation,
                outcome=entry.outcome,
                why=why,
            )


def entry_of(sealer: Sealer, request: Request, caller: Caller | None, key: str | None) -> Entry:
    """A call as it came: who, which operation, on what."""
    return Entry(
        operation=operation_name(request.scope["endpoint"]),
        caller=caller,
        subject=uuid_or_none(request.path_params.get("resident_id")),
        object=dict(request.path_params),
        key_digest=sealer.digest(key.encode(), for_="audit.key") if key else None,
    )


def refused_entry(entry: Entry, error: Exception) -> Entry | None:
    """The row of a refused command; None for a refusal that is none of KEPT, or for nobody's."""
    outcome = _outcome(error)
    return entry.refused(*outcome) if outcome and entry.caller else None


def _outcome(error: Exception) -> tuple[str, int] | None:
    """InProgress is none: the call that holds the key has its own."""
    match error:
        case InProgress():
            return None
        case Refusal():
            kept = error.slug(), error.status
        case RequestValidationError():
            kept = InvalidInput.slug(), InvalidInput.status
        case _:
            kept = Unstorable.slug(), Unstorable.status
    return kept if kept[1] in KEPT else None


async def meant(request: Request) -> UUID | None:
    """For whom it was to be, when the body names them: who tried is half of what an auditor asks."""
    try:
        body = orjson.loads(await request.body())
    except ValueError:
        return None
    return uuid_or_none(body.get("resident_id", body.get("subject"))) if isinstance(body, dict) else None
