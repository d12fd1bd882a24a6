"""The same events once more, from the beginning, by a consumer that has not seen them: a second group (K17)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from event_contracts.base import EventPayload
from platform_kit.envelope import attributes, headers_for
from platform_kit.ids import new_id
from platform_kit.inbox import Incoming
from platform_kit.intake import Intake
from platform_kit.testing import ServiceUnderTest
from platform_kit.watchdog import Progress

# What the second group remembers of having read them.
READING = ("inbox", "batch_try", "event_try")


async def rows(service: ServiceUnderTest) -> dict[str, int]:
    """How many there are of each table."""
    async with service.tx() as tx:
        tables = await tx.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {
            row["tablename"]: await tx.fetchval(f"SELECT count(*) FROM {row['tablename']}")
            for row in tables
            if row["tablename"] not in READING
        }


async def read_again(service: ServiceUnderTest, consumer: str, *events: tuple[EventPayload, int]) -> None:
    """Events with their versions, to the handlers of `consumer` under another name."""
    declared = next(each for each in service.service.consumers if each.name == consumer)
    intake = Intake(service.kit, replace(declared, name=f"{consumer}_again"), Progress())
    for event, version in events:
        headers: dict[str, Any] = headers_for(
            event, event_id=new_id(), version=version, at=datetime.now(UTC), context={}
        )
        raw = tuple((name, value.encode()) for name, value in headers.items())
        incoming = Incoming(attributes(raw), raw, event.model_dump_json().encode())
        await intake.take(event.topic.name, {0: [incoming]})
