"""A counter that is raised over HTTP and copied, in order and once, by a consumer of its own events."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Field, SQLModel

from event_contracts.base import EventPayload, Topic
from platform_kit.clock import now
from platform_kit.consumer import Consumer
from platform_kit.db import Tx
from platform_kit.edge import Bulk, Command, bulk, commands
from platform_kit.envelope import Received
from platform_kit.outbox import publish
from platform_kit.problems import NotFound, Refusal
from platform_kit.schemas import Body, View
from platform_kit.service import Service
from platform_kit.tables import service_registry
from platform_kit.timers import TimerKind, set_timer

TOPIC = Topic("probe.counters", partitions=3)


class Raised(EventPayload):
    type: ClassVar[str] = "probe.counter.raised.v1"
    topic: ClassVar[Topic] = TOPIC
    aggregate: ClassVar[str] = "counter_id"

    counter_id: UUID
    note: str


class Row(SQLModel, registry=service_registry()):
    """Every table of this service."""


class CounterRow(Row, table=True):
    __tablename__ = "counter"

    id: UUID = Field(primary_key=True)
    version: int


class Poisonous(Exception):
    """What a bad event does to its handler."""


class TooHigh(Refusal):
    status = 409


POISON = "poison"
router = APIRouter()


class Raise(Body):
    counter_id: UUID
    note: str = "x"
    times: int = 1


class CounterView(View):
    id: UUID
    version: int


async def raise_counter(tx: Tx, counter_id: UUID, note: str, times: int = 1) -> CounterView:
    version: int = await tx.fetchval(
        """
        INSERT INTO counter AS c (id, version) VALUES ($1, $2)
        ON CONFLICT (id) DO UPDATE SET version = c.version + $2 RETURNING version
        """,
        counter_id,
        times,
    )
    if version > 1000:
        raise TooHigh
    await publish(tx, *[Raised(counter_id=counter_id, note=note)] * times, version=version, at=await now(tx))
    return CounterView(id=counter_id, version=version)


@router.post("/raise", status_code=201)
async def post_raise(body: Raise, command: Annotated[Command, commands("resident")]) -> Response:
    return command.answer(await raise_counter(command.tx, body.counter_id, body.note, body.times), status=201)


class RaiseMany(Body):
    ids: list[UUID]


@router.post("/raise-many")
async def post_raise_many(body: RaiseMany, batch: Annotated[Bulk, bulk("resident")]) -> Response:
    async def one(tx: Tx, counter_id: UUID) -> CounterView:
        if counter_id.int == 0:
            raise NotFound(what="counter")
        return await raise_counter(tx, counter_id, "many")

    return batch.answer(await batch.each(body.ids, key=str, do=one))


async def on_raised(tx: Tx, event: Received[Raised]) -> None:
    """The effect is appended to a table without a unique key: what was done twice stands there twice."""
    if event.data.note == POISON and not await tx.fetchval("SELECT cured FROM cure"):
        raise Poisonous(str(event.data.counter_id))
    await tx.execute(
        "INSERT INTO effect (counter_id, version) VALUES ($1, $2)", event.data.counter_id, event.version
    )


async def lock_counter(tx: Tx, counter_id: UUID) -> None:
    await tx.execute("SELECT FROM counter WHERE id = $1 FOR UPDATE", counter_id)


async def ring(tx: Tx, counter_id: UUID) -> None:
    await raise_counter(tx, counter_id, "rung")


async def wake_at(tx: Tx, counter_id: UUID, due_at: Any) -> None:
    await set_timer(tx, "ring", counter_id, due_at)


SERVICE = Service(
    name="probe_service",
    prefix="PROBE",
    title="Probe",
    metadata=Row.metadata,
    routers=(router,),
    consumers=(Consumer("copy", start="beginning", handlers={Raised: on_raised}),),
    timers=(TimerKind("ring", lock=lock_counter, fire=ring),),
)
