"""A counter that is raised over HTTP and copied, in order and once, by a consumer of its own events."""

import asyncio
import os
from datetime import datetime, timedelta
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Field, SQLModel

from event_contracts.base import EventPayload, Topic
from platform_kit.auth import Caller
from platform_kit.bulk import Batch
from platform_kit.clock import now
from platform_kit.consumer import Consumer
from platform_kit.db import Tx
from platform_kit.edge import ByCaller, Unkept, unkept
from platform_kit.envelope import Received
from platform_kit.outbox import publish
from platform_kit.policy import ALL, ANYBODY, OWN, policy
from platform_kit.problems import NotFound, Refusal, TooManyRequests
from platform_kit.schemas import Body, View
from platform_kit.service import Service
from platform_kit.tables import service_registry
from platform_kit.timers import TimerKind, set_timer
from probe_service.misfortune import befall

TOPIC = Topic("probe.counters", partitions=3)
MARKS = Topic("probe.marks", partitions=3)
TOPICS = (TOPIC, MARKS)


class Raised(EventPayload):
    type: ClassVar[str] = "probe.counter.raised.v1"
    topic: ClassVar[Topic] = TOPIC
    aggregate: ClassVar[str] = "counter_id"

    counter_id: UUID
    note: str


class Marked(EventPayload):
    type: ClassVar[str] = "probe.mark.set.v1"
    topic: ClassVar[Topic] = MARKS
    aggregate: ClassVar[str] = "mark_id"

    mark_id: UUID


class Row(SQLModel, registry=service_registry()):
    """Every table of this service."""


class CounterRow(Row, table=True):
    __tablename__ = "counter"

    id: UUID = Field(primary_key=True)
    version: int


class TooHigh(Refusal):
    status = 409


class GivenUp(Refusal):
    status = 409


router = APIRouter()


class Raise(Body):
    """`then` ordinary events follow; `linger` seconds pass before the commit; `give_up` rolls back after them."""

    counter_id: UUID
    note: str = "x"
    times: int = 1
    then: int = 0
    linger: float = 0
    give_up: bool = False


class CounterView(View):
    id: UUID
    version: int


async def raise_counter(tx: Tx, counter_id: UUID, note: str, times: int = 1, then: int = 0) -> CounterView:
    notes = [note] * times + ["x"] * then
    version: int = await tx.fetchval(
        """
        INSERT INTO counter AS c (id, version) VALUES ($1, $2)
        ON CONFLICT (id) DO UPDATE SET version = c.version + $2 RETURNING version
        """,
        counter_id,
        len(notes),
    )
    if version > 1000:
        raise TooHigh
    events = [Raised(counter_id=counter_id, note=each) for each in notes]
    await publish(tx, *events, version=version, at=await now(tx))
    return CounterView(id=counter_id, version=version)


@router.post("/raise", status_code=201)
async def post_raise(body: Raise, command: ByCaller) -> Response:
    raised = await raise_counter(command.tx, body.counter_id, body.note, body.times, body.then)
    await asyncio.sleep(body.linger)
    if body.give_up:
        raise GivenUp
    return command.answer(raised, status=201)


class Visit(Body):
    gone: bool = False


@router.post("/residents/{resident_id}/visits", status_code=201)
async def post_visit(resident_id: UUID, body: Visit, command: ByCaller) -> Response:
    if body.gone:
        raise NotFound(what="resident")
    return command.answer(CounterView(id=resident_id, version=1), status=201)


@router.post("/tickets")
async def post_ticket(
    call: Annotated[Unkept, unkept()], by: UUID | None = None, too_often: bool = False
) -> Response:
    """Whoever says who they are gets one."""
    if too_often:
        call.tried = {"account": "a digest"}
        raise TooManyRequests(seconds=1)
    if by is None:
        return call.refuse(GivenUp())
    call.asker = Caller(by, frozenset({"resident"}))
    return Response(b"a secret")


class Mark(Body):
    mark_id: UUID


@router.post("/marks", status_code=201)
async def post_mark(body: Mark, command: ByCaller) -> Response:
    await publish(command.tx, Marked(mark_id=body.mark_id), version=1, at=await now(command.tx))
    return command.answer(CounterView(id=body.mark_id, version=1), status=201)


class Ring(Body):
    """Seconds from now; the note says what befalls it. The others ring a moment after it."""

    counter_id: UUID
    after: float = 0
    note: str = "x"
    others: tuple[UUID, ...] = ()


@router.post("/rings", status_code=201)
async def post_ring(body: Ring, command: ByCaller) -> Response:
    await lock_counter(command.tx, body.counter_id)
    due_at = await now(command.tx) + timedelta(seconds=body.after)
    await wake_at(command.tx, body.counter_id, due_at, body.note)
    for other in body.others:
        await wake_at(command.tx, other, due_at + timedelta(milliseconds=1))
    return command.answer(CounterView(id=body.counter_id, version=0), status=201)


class Cure(Body):
    note: str


@router.post("/cures", status_code=201)
async def post_cure(body: Cure, command: ByCaller) -> Response:
    """From now on this note does no harm."""
    await command.tx.execute("INSERT INTO cure (note) VALUES ($1) ON CONFLICT DO NOTHING", body.note)
    return command.answer(CounterView(id=command.caller.subject, version=0), status=201)


class RaiseMany(Body):
    ids: list[UUID]


@router.post("/raise-many")
async def post_raise_many(body: RaiseMany, batch: Batch) -> Response:
    async def one(tx: Tx, counter_id: UUID) -> CounterView:
        if counter_id.int == 0:
            raise NotFound(what="counter")
        return await raise_counter(tx, counter_id, "many")

    return batch.answer(await batch.each(body.ids, key=str, do=one))


async def on_raised(tx: Tx, event: Received[Raised]) -> None:
    """The effect is appended to a table without a unique key: what was done twice stands there twice."""
    await befall(tx, event.data.note)
    await tx.execute(
        "INSERT INTO effect (counter_id, version) VALUES ($1, $2)", event.data.counter_id, event.version
    )


async def on_marked(tx: Tx, event: Received[Marked]) -> None:
    await tx.execute("INSERT INTO mark (id) VALUES ($1) ON CONFLICT DO NOTHING", event.data.mark_id)


async def lock_counter(tx: Tx, counter_id: UUID) -> None:
    await tx.execute("SELECT FROM counter WHERE id = $1 FOR UPDATE", counter_id)


async def ring(tx: Tx, counter_id: UUID) -> None:
    note = await tx.fetchval("SELECT note FROM bell WHERE counter_id = $1", counter_id)
    await befall(tx, note or "x")
    await raise_counter(tx, counter_id, "rung")


async def wake_at(tx: Tx, counter_id: UUID, due_at: datetime, note: str = "x") -> None:
    await set_timer(tx, "ring", counter_id, due_at)
    if note != "x":
        await tx.execute(
            "INSERT INTO bell (counter_id, note) VALUES ($1, $2) ON CONFLICT DO NOTHING", counter_id, note
        )


# Which topics the running group reads is a matter of the code's version; a test starts another one by PROBE_COPIES.
_COPIES = {"raised": {Raised: on_raised}, "both": {Raised: on_raised, Marked: on_marked}}

POLICY = policy(
    {
        name: {"resident": OWN}
        for name in ("post_raise", "post_mark", "post_ring", "post_cure", "post_raise_many")
    }
    | {"post_visit": {"worker": ALL}, "post_ticket": ANYBODY}
)
SERVICE = Service(
    name="probe_service",
    prefix="PROBE",
    title="Probe",
    metadata=Row.metadata,
    routers=(router,),
    policy=POLICY,
    behind_gateway=False,
    consumers=(
        Consumer("copy", start="beginning", handlers=_COPIES[os.environ.get("PROBE_COPIES", "raised")]),
        Consumer("marks", start="beginning", handlers={Marked: on_marked}),
    ),
    timers=(TimerKind("ring", lock=lock_counter, fire=ring),),
)
