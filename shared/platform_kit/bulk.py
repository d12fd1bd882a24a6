"""Many commands in one call: each row is its own transaction under its own key, and says what became of it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

import asyncpg
from fastapi import Depends, Request, Response
from pydantic import BaseModel

from platform_kit.acting import acting_for
from platform_kit.audit import Entry
from platform_kit.audit_refusals import RAISED, entry_of, refused_entry
from platform_kit.auth import Caller
from platform_kit.calls import BEARER, GivenKey, caller_of, key_of, language, let_in, note_refusal, print_of
from platform_kit.db import OUTAGES, Tx
from platform_kit.idempotency import earlier_answer, keep_answer, lock_of, response_of, stored_answer
from platform_kit.kit import Kit
from platform_kit.policy import asks_the_policy
from platform_kit.problem_answers import Problem, problem_of
from platform_kit.problems import NotSignedIn, Refusal, Unavailable
from platform_kit.telemetry import log

T = TypeVar("T")


class RowOutcome(BaseModel):
    """What became of one row of a bulk command: its value, or its problem."""

    key: str
    ok: bool
    value: Any = None
    problem: Problem | None = None


class BulkOutcome(BaseModel):
    done: int
    refused: int
    rows: list[RowOutcome]


@dataclass(slots=True)
class Bulk:
    """Many commands in one call: each row is its own transaction under its own key, and says what became of it."""

    kit: Kit
    caller: Caller
    language: str
    key: str
    print_: bytes
    entry: Entry

    async def each(
        self,
        items: Sequence[T],
        *,
        key: Callable[[T], str],
        do: Callable[[Tx, T], Awaitable[BaseModel | dict[str, Any]]],
    ) -> list[RowOutcome]:
        unwritten: list[Entry] = []
        rows = [await self._row(item, key(item), do, unwritten) for item in items]
        await self.kit.refusals.note(self.kit.db, unwritten)
        self.kit.nudge()
        return rows

    async def _row(
        self,
        item: T,
        name: str,
        do: Callable[[Tx, T], Awaitable[BaseModel | dict[str, Any]]],
        unwritten: list[Entry],
    ) -> RowOutcome:
        principal, row_key = str(self.caller.subject), f"{self.key}/{name}"
        entry = replace(self.entry, object={**self.entry.object, "row": name})
        try:
            async with self.kit.db.transaction(
                acting_for(self.caller), lock=lock_of(principal, row_key)
            ) as tx:
                if earlier := await earlier_answer(tx, principal, row_key, self.print_):
                    if earlier.body is None:
                        return RowOutcome(key=name, ok=True)
                    return RowOutcome.model_validate_json(earlier.body)
                value = await do(tx, item)
                plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
                outcome = RowOutcome(key=name, ok=True, value=plain)
                entry = entry.done(value, 200) if isinstance(value, BaseModel) else entry
                await keep_answer(tx, principal, row_key, self.print_, stored_answer(outcome), entry)
                return outcome
        except Refusal as refusal:
            if row := refused_entry(entry, refusal):
                unwritten.append(row)
            return RowOutcome(key=name, ok=False, problem=problem_of(refusal, self.language))
        except (*OUTAGES, asyncpg.PostgresError) as error:
            log.warning("row failed", key=name, error=repr(error))
            return RowOutcome(key=name, ok=False, problem=problem_of(Unavailable(), self.language))

    def answer(self, rows: list[RowOutcome]) -> Response:
        done = sum(row.ok for row in rows)
        return response_of(stored_answer(BulkOutcome(done=done, refused=len(rows) - done, rows=rows)))


def bulk() -> Any:
    """The dependency of a call that makes many commands."""

    @asks_the_policy
    async def batch(
        request: Request, idempotency_key: GivenKey = None, _: Any = Depends(BEARER)
    ) -> AsyncIterator[Bulk]:
        kit: Kit = request.app.state.kit
        entry = entry_of(kit.sealer, request, caller_of(request), idempotency_key)
        try:
            caller = let_in(request, entry.caller)
            if caller is None:
                raise NotSignedIn
            key, print_ = key_of(request, idempotency_key), await print_of(kit, request)
            yield Bulk(kit, caller, language(request), key, print_, entry)
        except RAISED as refusal:
            await note_refusal(kit, entry, request, refusal)
            raise

    return Depends(batch, scope="function")


Batch = Annotated[Bulk, bulk()]
