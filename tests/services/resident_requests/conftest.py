from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from event_contracts.community_registry import (
    AppointmentEnded,
    ConsentRecorded,
    ResidentRegistered,
    StaffAppointed,
    UnitOpened,
    WorkCalendarSet,
    WorkSpan,
)
from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest, service_under_test
from racing import racing


@dataclass
class Neighbourhood:
    """One community with a resident, her daughter and two workers, as the replica knows it; `gone` worked there once."""

    service: ServiceUnderTest
    unit: UUID
    resident: Caller
    daughter: Caller
    worker: Caller
    colleague: Caller
    gone: Caller

    async def submit(self, **body: Any) -> Any:
        answer = await self.service.post(
            "/requests", json={"category": "errand", "words": "请帮我买米", **body}, by=self.resident
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def triaged(self, route: str = "volunteers", **body: Any) -> Any:
        request = await self.submit()
        answer = await self.service.post(
            f"/requests/{request['id']}/triage", json={"route": route, **body}, by=self.worker
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def at_once(
        self, rows: Sequence[str], calls: Iterable[Awaitable[httpx.Response]]
    ) -> list[httpx.Response]:
        """Answers of calls of which some stood before the locks of these requests when they were let go."""
        lock = "SELECT FROM request WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
        return await racing(self.service, lock, list(rows), calls=calls)

    async def neighbour(self) -> Caller:
        """Somebody else who lives here."""
        person = uuid4()
        registered = ResidentRegistered(resident_id=person, household_id=uuid4(), unit_id=self.unit)
        await self.service.deliver("registry_replica", registered)
        return self.service.caller("resident", subject=person)

    async def works(self, *hours: Sequence[tuple[time, time]], unit: UUID | None = None) -> None:
        """From now on, in these hours of Monday to Sunday, whatever is a holiday."""
        spans = tuple(tuple(WorkSpan(opens=opens, closes=closes) for opens, closes in day) for day in hours)
        calendar = WorkCalendarSet(unit_id=unit or self.unit, hours=spans, days=(), country=None)
        await self.service.deliver("registry_replica", calendar)

    async def always_open(self, unit: UUID | None = None) -> None:
        """Working time is nearly all time: what a test expects can be counted by its clock."""
        await self.works(*([(time(0), time(23, 59, 59))],) * 7, unit=unit)

    async def state(self, request_id: str) -> str:
        return str((await self.service.get(f"/requests/{request_id}", by=self.resident)).json()["state"])


@pytest.fixture
async def requests(servers: Any) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test("resident_requests", servers.postgres_dsn) as service:
        yield service


@pytest.fixture
async def here(requests: ServiceUnderTest) -> Neighbourhood:
    return await settled(requests)


async def settled(requests: ServiceUnderTest) -> Neighbourhood:
    unit, mother, daughter = uuid4(), uuid4(), uuid4()
    await requests.deliver(
        "registry_replica",
        ResidentRegistered(resident_id=mother, household_id=uuid4(), unit_id=unit),
        ResidentRegistered(resident_id=daughter, household_id=uuid4(), unit_id=unit),
        UnitOpened(
            unit_id=unit,
            parent_id=None,
            kind="community",
            code="01/02/003",
            name="幸福社区",
            zone="Asia/Shanghai",
        ),
        ConsentRecorded(resident_id=mother, delegate_id=daughter, until_on=None),
        version=None,
    )
    worker, colleague, gone = (requests.caller(posts=[("worker", unit, "01/02/003")]) for _ in range(3))
    for each in (worker, colleague, gone):
        made = await appointed(requests, each.subject, unit)
    await requests.deliver("appointments", AppointmentEnded(staff_id=gone.subject, appointment_id=made))
    return Neighbourhood(
        requests,
        unit,
        requests.caller("resident", subject=mother),
        requests.caller("resident", subject=daughter),
        worker,
        colleague,
        gone,
    )


async def appointed(requests: ServiceUnderTest, staff_id: UUID, unit_id: UUID, **changed: Any) -> UUID:
    """The appointment, as the registry tells of it."""
    made = {"post": "worker", "from_on": date(2020, 1, 1), "until_on": None, **changed}
    event = StaffAppointed(staff_id=staff_id, appointment_id=uuid4(), unit_id=unit_id, **made)
    await requests.deliver("appointments", event)
    return event.appointment_id
