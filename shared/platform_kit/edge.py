"""The edge of a service: where a call gets its caller, its key and its transaction, and where that is committed.

`commands()` and `reads()` make the annotated dependencies that routes take; whom they let in is the service's policy, by the
name of the route's function. The commit comes before the answer: `Depends(…, scope="function")` ends the block before the
response is sent.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import Depends, Request, Response
from pydantic import BaseModel

from platform_kit.acting import SYSTEM, Acting, acting_for
from platform_kit.audit import Entry, record, record_all
from platform_kit.audit_refusals import RAISED, entry_of, refused_entry
from platform_kit.auth import Caller
from platform_kit.calls import (
    BEARER,
    NOBODY,
    GivenKey,
    caller_of,
    key_of,
    language,
    let_in,
    note_refusal,
    print_of,
)
from platform_kit.db import Tx
from platform_kit.idempotency import (
    StoredAnswer,
    earlier_answer,
    keep_answer,
    lock_of,
    response_of,
    stored_answer,
)
from platform_kit.kit import Kit
from platform_kit.policy import asks_the_policy
from platform_kit.problem_answers import refused
from platform_kit.problems import (
    InProgress,
    NotFound,
    NotSignedIn,
    Refusal,
    WrongState,
)

SAFE = ("GET", "HEAD", "OPTIONS")


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

    @property
    def row(self) -> Entry:
        return replace(self.entry, caller=self.asker, object={**self.entry.object, **self.tried})

    def note(self, refusal: Refusal) -> None:
        self.entry = self.entry.refused(refusal.slug(), refusal.status)

    def refuse(self, refusal: Refusal) -> Response:
        """Answered, not raised: what was counted stays counted, for the transaction is committed."""
        self.note(refusal)
        return refused(refusal, self.language)


@dataclass(frozen=True, slots=True)
class Brings:
    """What `make` makes of the body takes its time. So `asked`, a dependency that takes the path's own parameters, gives what is asked
    first, by itself: the transaction of the command asks again, for meanwhile something may have happened.
    """

    make: Callable[[bytes], Awaitable[Any]]
    asked: Callable[..., Callable[[Tx, Caller | None], Awaitable[None]]]


@asks_the_policy
async def _command(
    request: Request, idempotency_key: GivenKey = None, _: Any = Depends(BEARER)
) -> AsyncIterator[Command]:
    async with _commanded(request, idempotency_key) as made:
        yield made


def commands(*, brings: Brings | None = None) -> Any:
    """The dependency of an unsafe call. What it `brings` is made for whoever may do it, and before there is a transaction."""
    if brings is None:
        return Depends(_command, scope="function")
    make = brings.make

    @asks_the_policy
    async def command(
        request: Request,
        asked: Annotated[Any, Depends(brings.asked)],
        idempotency_key: GivenKey = None,
        _: Any = Depends(BEARER),
    ) -> AsyncIterator[Command]:
        async with _commanded(request, idempotency_key, make, asked) as made:
            yield made

    return Depends(command, scope="function")


@asynccontextmanager
async def _commanded(
    request: Request,
    idempotency_key: str | None,
    make: Callable[[bytes], Awaitable[Any]] | None = None,
    asked: Callable[[Tx, Caller | None], Awaitable[None]] | None = None,
) -> AsyncIterator[Command]:
    kit: Kit = request.app.state.kit
    entry = entry_of(kit.sealer, request, caller_of(request), idempotency_key)
    try:
        caller = let_in(request, entry.caller)
        key = key_of(request, idempotency_key)
        principal = str(caller.subject) if caller else NOBODY
        print_ = await print_of(kit, request)
        brought = None
        if make and asked:
            async with kit.db.transaction(acting_for(caller)) as tx:
                if earlier := await earlier_answer(tx, principal, key, print_):
                    raise AlreadyAnswered(earlier)
                await asked(tx, caller)
            brought = await make(await request.body())
        async with kit.db.transaction(acting_for(caller), lock=lock_of(principal, key)) as tx:
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
        await note_refusal(kit, entry, request, refusal)
        raise
    kit.nudge()


def reads() -> Any:
    """The dependency of a safe call, or of one that shows what is never kept under a key: what it sees is what the database lets
    the caller see."""

    @asks_the_policy
    async def read(request: Request, _: Any = Depends(BEARER)) -> AsyncIterator[Read]:
        kit: Kit = request.app.state.kit
        caller = let_in(request, caller_of(request))
        async with kit.db.transaction(acting_for(caller)) as tx:
            yield Read(kit=kit, tx=tx, asker=caller, language=language(request))

    return Depends(read, scope="function")


def looks() -> Any:
    """The dependency of a call that shows sensitive values in full. That somebody saw them is written down by `record_look`; here,
    that somebody was refused."""

    @asks_the_policy
    async def look(request: Request, _: Any = Depends(BEARER)) -> AsyncIterator[Read]:
        kit: Kit = request.app.state.kit
        entry = entry_of(kit.sealer, request, caller_of(request), None)
        try:
            caller = let_in(request, entry.caller)
            async with kit.db.transaction(acting_for(caller)) as tx:
                yield Read(kit=kit, tx=tx, asker=caller, language=language(request))
        except RAISED as refusal:
            await note_refusal(kit, entry, request, refusal)
            raise

    return Depends(look, scope="function")


def questions() -> Any:
    """The dependency of a safe call that waits for something before it reads, or says itself for whom it asks: a connection
    that was held meanwhile would be missing for others."""

    @asks_the_policy
    async def question(request: Request, _: Any = Depends(BEARER)) -> Question:
        caller = let_in(request, caller_of(request))
        return Question(kit=request.app.state.kit, asker=caller, language=language(request))

    return Depends(question, scope="function")


def unkept() -> Any:
    """The dependency of an unsafe call whose answer must not be kept, because it is a secret: a token. Who they are is only
    being proved, so it is the platform that looks. What raises a refusal is taken back, and leaves its row all the same."""

    @asks_the_policy
    async def call(request: Request, _: Any = Depends(BEARER)) -> AsyncIterator[Unkept]:
        kit: Kit = request.app.state.kit
        entry = entry_of(kit.sealer, request, caller_of(request), None)
        made: Unkept | None = None
        try:
            caller = let_in(request, entry.caller)
            async with kit.db.transaction(SYSTEM) as tx:
                declared = replace(entry, status=request.scope["route"].status_code or 200)
                made = Unkept(kit=kit, tx=tx, asker=caller, language=language(request), entry=declared)
                yield made
                if request.method not in SAFE:
                    await record(tx, made.row)
        except RAISED as refusal:
            if request.method not in SAFE and (row := _refused_row(made, entry, refusal)):
                await kit.refusals.note(kit.db, [row])
            raise

    return Depends(call, scope="function")


def _refused_row(made: Unkept | None, entry: Entry, refusal: Exception) -> Entry | None:
    """Nobody's too, whatever the status: who guesses is to be seen also where a guess was right (a second factor is missing), and
    where they go on (429). Input that does not fit is no guess: of it only who is signed in leaves a row, as of a command."""
    if made is None or not isinstance(refusal, Refusal):
        return refused_entry(entry, refusal)
    made.note(refusal)
    return made.row


# What routes take: whom each lets in is said by the policy, so they are the same in every service.
ByCaller = Annotated[Command, commands()]
ForCaller = Annotated[Read, reads()]
ForLook = Annotated[Read, looks()]


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
