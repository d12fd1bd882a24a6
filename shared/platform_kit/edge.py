"""The edge of a service: where a call gets its caller, its key and its transaction, and where that is committed.

`commands()` and `reads()` make the annotated dependencies that routes take; whom they let in is the service's policy, by the
name of the route's function. The commit comes before the answer: `Depends(…, scope="function")` ends the block before the
response is sent.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeVar
from uuid import UUID

import asyncpg
from fastapi import Depends, Header, Request, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from platform_kit.acting import SYSTEM, Acting, acting_for
from platform_kit.audit import Entry, record, record_all
from platform_kit.audit_refusals import RAISED, entry_of, meant, refused_entry
from platform_kit.auth import Caller
from platform_kit.db import OUTAGES, Tx
from platform_kit.gateway_identity import HEADER, Doorkeeper
from platform_kit.idempotency import (
    StoredAnswer,
    earlier_answer,
    fingerprint,
    keep_answer,
    response_of,
    stored_answer,
)
from platform_kit.kit import Kit
from platform_kit.policy import Operation, asks_the_policy, operation_name
from platform_kit.problem_answers import Problem, problem_of, refused
from platform_kit.problems import (
    InProgress,
    KeyMissing,
    NotFound,
    NotSignedIn,
    NotYours,
    Refusal,
    Unavailable,
    VersionMissing,
    WrongState,
)
from platform_kit.telemetry import log

T = TypeVar("T")
NOBODY = "nobody"
SAFE = ("GET", "HEAD", "OPTIONS")


class _Bearer(HTTPBearer):
    """For OpenAPI alone: the verifier reads the header."""

    async def __call__(self, _: HTTPConnection) -> None:
        return None


_bearer = _Bearer(auto_error=False, bearerFormat="JWT", scheme_name="HTTPBearer")
_Key = Annotated[
    str | None, Header(alias="Idempotency-Key", description="Made once per intent; 1 to 200 characters.")
]


class AlreadyAnswered(Exception):
    def __init__(self, answer: StoredAnswer) -> None:
        self.answer = answer


@dataclass(slots=True, kw_only=True)
class Question:
    """Somebody asks; whoever answers takes a connection of `kit.db` when one is needed, and for no longer."""

    kit: Kit
    asker: Caller | None
    language: str

    @property
    def caller(self) -> Caller:
        if self.asker is None:
            raise NotSignedIn
        return self.asker

    @property
    def acting(self) -> Acting:
        return acting_for(self.asker)

    def reading(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction that sees what the asker may see."""
        return self.kit.db.transaction(self.acting)


@dataclass(slots=True, kw_only=True)
class Read(Question):
    """A question on a connection; it changes nothing."""

    tx: Tx


@dataclass(slots=True, kw_only=True)
class Command(Read):
    """An unsafe call: its transaction is committed, with the answer under its key, before the answer is sent.

    `brought` is what `commands(brings=…)` has made of the body.
    """

    entry: Entry
    answered: StoredAnswer | None = field(default=None)
    brought: Any = None
    also_about: Sequence[UUID] = ()

    def answer(self, body: BaseModel, status: int = 200, *, about: Sequence[UUID | None] = ()) -> Response:
        """`about`: the people whom it is about, where the answer has no `resident_id`. Each has a row of the audit."""
        self.answered = stored_answer(body, status)
        self.entry = self.entry.done(body, status)
        if people := [person for person in about if person is not None]:
            self.entry, self.also_about = replace(self.entry, subject=people[0]), people[1:]
        return response_of(self.answered)


@dataclass(slots=True, kw_only=True)
class Unkept(Read):
    """An unsafe call whose answer is not kept. Set `asker` once it is known who calls: the audit is to name them.

    `tried` holds a keyed digest of whom the caller says to be, so that tries at one account can be counted.
    """

    entry: Entry
    tried: dict[str, str] = field(default_factory=dict)

    def refuse(self, refusal: Refusal) -> Response:
        """Answered, not raised: what was counted stays counted, for the transaction is committed."""
        self.entry = self.entry.refused(refusal.slug(), refusal.status)
        return refused(refusal, self.language)


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
            async with self.kit.db.transaction(acting_for(self.caller)) as tx:
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


def commands(*, brings: Callable[[bytes], Awaitable[Any]] | None = None) -> Any:
    """The dependency of an unsafe call.

    `brings` makes something of the body that takes its time, by whoever may call and before there is a transaction.
    """

    @asks_the_policy
    async def command(
        request: Request, idempotency_key: _Key = None, _: Any = Depends(_bearer)
    ) -> AsyncIterator[Command]:
        kit: Kit = request.app.state.kit
        entry = entry_of(kit.sealer, request, _caller(request), idempotency_key)
        try:
            caller = _let_in(request, entry.caller)
            key = _key(request, idempotency_key)
            principal = str(caller.subject) if caller else NOBODY
            print_ = await _fingerprint(kit, request)
            brought = await brings(await request.body()) if brings else None
            async with kit.db.transaction(acting_for(caller)) as tx:
                if earlier := await earlier_answer(tx, principal, key, print_):
                    raise AlreadyAnswered(earlier)
                made = Command(
                    kit=kit, tx=tx, asker=caller, language=language(request), entry=entry, brought=brought
                )
                yield made
                if made.answered is None:
                    raise RuntimeError(f"{request.url.path} did not answer through command.answer")
                try:
                    await keep_answer(tx, principal, key, print_, made.answered, made.entry)
                    if made.also_about:
                        await record_all(tx, [replace(made.entry, subject=each) for each in made.also_about])
                except asyncpg.UniqueViolationError as twin:
                    raise InProgress from twin
        except RAISED as refusal:
            await _note(kit, entry, request, refusal)
            raise
        kit.nudge()

    return Depends(command, scope="function")


def reads() -> Any:
    """The dependency of a safe call, or of one that shows what is never kept under a key: what it sees is what the database lets
    the caller see."""

    @asks_the_policy
    async def read(request: Request, _: Any = Depends(_bearer)) -> AsyncIterator[Read]:
        kit: Kit = request.app.state.kit
        caller = _let_in(request, _caller(request))
        async with kit.db.transaction(acting_for(caller)) as tx:
            yield Read(kit=kit, tx=tx, asker=caller, language=language(request))

    return Depends(read, scope="function")


def questions() -> Any:
    """The dependency of a safe call that waits for something before it reads, or says itself for whom it asks: a connection
    that was held meanwhile would be missing for others."""

    @asks_the_policy
    async def question(request: Request, _: Any = Depends(_bearer)) -> Question:
        caller = _let_in(request, _caller(request))
        return Question(kit=request.app.state.kit, asker=caller, language=language(request))

    return Depends(question, scope="function")


def unkept() -> Any:
    """The dependency of an unsafe call whose answer must not be kept, because it is a secret: a token. Who they are is only
    being proved, so it is the platform that looks."""

    @asks_the_policy
    async def call(request: Request, _: Any = Depends(_bearer)) -> AsyncIterator[Unkept]:
        kit: Kit = request.app.state.kit
        caller = _let_in(request, _caller(request))
        async with kit.db.transaction(SYSTEM) as tx:
            declared = request.scope["route"].status_code or 200
            entry = replace(entry_of(kit.sealer, request, caller, None), status=declared)
            made = Unkept(kit=kit, tx=tx, asker=caller, language=language(request), entry=entry)
            yield made
            if request.method not in SAFE:
                told = {**made.entry.object, **made.tried}
                await record(tx, replace(made.entry, caller=made.asker, object=told))

    return Depends(call, scope="function")


def bulk() -> Any:
    """The dependency of a call that makes many commands."""

    @asks_the_policy
    async def batch(
        request: Request, idempotency_key: _Key = None, _: Any = Depends(_bearer)
    ) -> AsyncIterator[Bulk]:
        kit: Kit = request.app.state.kit
        entry = entry_of(kit.sealer, request, _caller(request), idempotency_key)
        try:
            caller = _let_in(request, entry.caller)
            if caller is None:
                raise NotSignedIn
            key, print_ = _key(request, idempotency_key), await _fingerprint(kit, request)
            yield Bulk(kit, caller, language(request), key, print_, entry)
        except RAISED as refusal:
            await _note(kit, entry, request, refusal)
            raise

    return Depends(batch, scope="function")


def _seen_version(
    if_match: Annotated[
        str | None,
        Header(pattern=r'^"[0-9]{1,9}"$', description='The version that you saw: "3".'),
    ] = None,
) -> int:
    if if_match is None:
        raise VersionMissing(field="If-Match")
    return int(if_match.strip('"'))


# What a change says it was made to.
SeenVersion = Annotated[int, Depends(_seen_version)]

# What routes take: whom each lets in is said by the policy, so they are the same in every service.
ByCaller = Annotated[Command, commands()]
ForCaller = Annotated[Read, reads()]
Batch = Annotated[Bulk, bulk()]


def refusals(*types: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """What a route may refuse, declared for OpenAPI; what every route may refuse is added by the app."""
    by_status: dict[int, list[type[Refusal]]] = {}
    declared: tuple[type[Refusal], ...] = (*types, WrongState, NotFound)
    for refusal in declared:
        by_status.setdefault(refusal.status, []).append(refusal)
    return {
        status: {
            "description": "; ".join(sorted({refusal.slug() for refusal in named})),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, named in by_status.items()
    }


def language(request: Request) -> str:
    """The caller's language: English when they prefer it, otherwise Chinese."""
    preferred = request.headers.get("accept-language", "zh").split(",")[0].strip().lower()
    return "en" if preferred.startswith("en") else "zh"


def _caller(request: Request) -> Caller | None:
    kit: Kit = request.app.state.kit
    return kit.verifier.caller(request.headers.get("authorization"))


async def _note(kit: Kit, entry: Entry, request: Request, refusal: Exception) -> None:
    if row := refused_entry(entry, refusal):
        row = replace(row, subject=row.subject or await meant(request))
        await kit.refusals.note(kit.db, [row])


def _let_in(request: Request, caller: Caller | None) -> Caller | None:
    """The gateway calls, where the service is behind it; and the caller has a role for which the policy's row of this operation has
    a rule, or nobody need sign in."""
    doorkeeper: Doorkeeper | None = request.app.state.doorkeeper
    if doorkeeper is not None:
        doorkeeper.admit(request.headers.get(HEADER))
    operation: Operation = request.app.state.policy[operation_name(request.scope["endpoint"])]
    if caller is None:
        if operation.open_to_nobody:
            return None
        raise NotSignedIn
    if not operation.lets_in(caller):
        log.info("refused", operation=operation.name, subject=str(caller.subject), why="role")
        raise NotYours
    return caller


def _key(request: Request, given: str | None) -> str:
    if len(request.headers.getlist("Idempotency-Key")) > 1:
        raise KeyMissing(field="Idempotency-Key")
    if not given or len(given) > 200 or not (given.isascii() and given.isprintable()):
        raise KeyMissing(field="Idempotency-Key")
    return given


async def _fingerprint(kit: Kit, request: Request) -> bytes:
    return fingerprint(kit.sealer, request.method, request.url.path, request.url.query, await request.body())
