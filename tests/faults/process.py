"""`python -m faults.process <service> api|worker`: the very process that the house runs, with fault points in it.

Beside the points it keeps the checker's own books: every event that a consumer applies leaves a row in `fault_effect`,
a table without any key, in the transaction of the effect.
"""

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from faults.points import FOLDER, Points
from platform_kit import edge, inbox, intake, run
from platform_kit.db import Database
from platform_kit.intake import Intake
from platform_kit.producer import Producer
from platform_kit.relay import Relay
from platform_kit.timers import Timers

_EFFECT = """
    INSERT INTO fault_effect (consumer, topic, aggregate, version, event_id, type, correlation, process)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


def main() -> None:
    points = Points(Path(os.environ[FOLDER]), f"{sys.argv[1]}.{sys.argv[2]}")
    os.environ.update(json.loads(os.environ.get("LINLI_FAULT_SETTINGS", "{}")))
    if sys.argv[2] == "api":
        _in_api(points)
    else:
        _in_relay(points)
        _in_consumers(points)
        _in_timers(points)
    run.main()


def _in_api(points: Points) -> None:
    keep, transaction = edge.keep_answer, Database.transaction
    kept: dict[int, str] = {}

    async def keep_answer(tx: Any, principal: str, key: str, *rest: Any) -> None:
        await keep(tx, principal, key, *rest)
        kept[id(tx)] = key

    @asynccontextmanager
    async def watched(self: Database, acting: Any, **taking: Any) -> AsyncIterator[Any]:
        async with transaction(self, acting, **taking) as tx:
            kept.pop(id(tx), None)
            yield tx
            if key := kept.get(id(tx)):
                await points.reach("before_command_commit", commands=1)
                await points.reach(f"before_commit_of_{key}", commands=1)
        if key:
            await points.reach("after_command_commit", commands=1)

    edge.keep_answer = keep_answer
    Database.transaction = watched  # type: ignore[method-assign]


class _Watched:
    """A connection that remembers what its last statement changed."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.status = ""

    async def execute(self, *arguments: Any) -> str:
        self.status = await self._connection.execute(*arguments)
        return self.status

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def _in_relay(points: Points) -> None:
    send, mark, rounds = Producer.send, Relay._mark, Relay._rounds

    async def sent(self: Producer, topic: str, partition: int, records: Any) -> int:
        await points.reach("before_send", events=len(records))
        count = await send(self, topic, partition, records)
        await points.reach("after_acknowledgement", events=count)
        return count

    async def marked(self: Relay, marker: Any, ids: list[int]) -> None:
        await points.reach("before_mark", events=len(ids))
        watched = _Watched(marker)
        was_frozen = points.was_frozen
        try:
            await mark(self, watched, ids)
        finally:
            if was_frozen:
                points.note("stale_mark", status=watched.status, events=len(ids))

    async def held(self: Relay, reader: Any, *arguments: Any) -> None:
        points.note("lease", epoch=self._epoch)
        if waiting := len((await self._read(reader))[0]):
            await points.reach("after_lease", events=waiting)
        await rounds(self, reader, *arguments)

    send_batch = AIOKafkaProducer.send_batch

    async def unanswered(self: Any, batch: Any, topic: str, *, partition: int) -> Any:
        await points.silence(f"{topic}-{partition}")
        return await send_batch(self, batch, topic, partition=partition)

    AIOKafkaProducer.send_batch = unanswered
    Producer.send = sent  # type: ignore[method-assign]
    Relay._mark = marked  # type: ignore[method-assign]
    Relay._rounds = held  # type: ignore[method-assign]


def _in_consumers(points: Points) -> None:
    apply, handle, take, aside = intake.apply, inbox._handle, Intake.take, inbox.set_aside

    async def applied(tx: Any, group: str, consumer: Any, topic: str, *rest: Any, **more: Any) -> int:
        count = await apply(tx, group, consumer, topic, *rest, **more)
        if count:
            await points.reach("before_effect_commit", events=count, group=group)
        return count

    async def handled(tx: Any, consumer: Any, event: Any) -> None:
        await handle(tx, consumer, event)
        about = event.about
        topic = inbox_topic(consumer, about.type)
        await tx.execute(
            _EFFECT,
            consumer.name,
            topic,
            about.aggregate,
            about.version,
            about.id,
            about.type,
            about.correlation_id,
            os.getpid(),
        )

    async def taken(self: Intake, topic: str, parts: Any) -> None:
        await take(self, topic, parts)
        await points.reach("before_offset_commit", events=sum(map(len, parts.values())), group=self.group)

    async def set_aside(tx: Any, group: str, topic: str, event: Any) -> None:
        await points.reach("before_set_aside", events=1, group=group)
        await aside(tx, group, topic, event)

    intake.apply = applied
    inbox.set_aside = set_aside
    inbox._handle = handled
    Intake.take = taken  # type: ignore[method-assign]


def inbox_topic(consumer: Any, event_type: str) -> str:
    """The topic of a type; an event of no contract (a void one) can only be of the consumer's one topic."""
    contract = inbox.CATALOG.get(event_type)
    return contract.topic.name if contract else consumer.topics[0]


def _in_timers(points: Points) -> None:
    take = Timers._take

    async def taken(self: Timers, *arguments: Any) -> Any:
        due = await take(self, *arguments)
        if due:
            await points.reach("after_timer_claim", timers=len(due))
        return due

    Timers._take = taken  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
