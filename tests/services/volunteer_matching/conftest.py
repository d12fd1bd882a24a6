from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from event_contracts.community_registry import ResidentRegistered, UnitOpened
from event_contracts.resident_requests import RequestMerged, RequestTriaged, RequestWithdrawn
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.testing import ServiceUnderTest, service_under_test
from racing import racing

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class Neighbourhood:
    """A community with a resident who needs help, as the service knows it."""

    service: ServiceUnderTest
    unit: UUID
    resident: Caller

    async def volunteer(self, *skills: str) -> Caller:
        person = uuid4()
        await self.service.deliver(
            "registry_replica",
            ResidentRegistered(resident_id=person, household_id=uuid4(), unit_id=self.unit),
        )
        caller = self.service.caller("resident", "volunteer", subject=person)
        answer = await self.service.post(
            "/volunteers", json={"skills": list(skills or ("errand",))}, by=caller
        )
        assert answer.status_code == 201, answer.text
        return caller

    async def now(self) -> datetime:
        async with self.service.tx() as tx:
            return await now(tx)

    async def clock(self, weekday: int, hour: int, minute: int = 0) -> datetime:
        """Forward to the next time that the wall shows this (Monday is 0), or a second later: clocks are moved by whole ones."""
        at = (await self.now()).astimezone(SHANGHAI)
        then = datetime.combine(
            at.date() + timedelta((weekday - at.weekday()) % 7), time(hour, minute), SHANGHAI
        )
        if then <= at:
            then += timedelta(days=7)
        await self.service.advance(then - at + timedelta(seconds=1))
        return then

    async def needs_help(
        self,
        *,
        skill: str | None = "errand",
        starts_in: timedelta = timedelta(hours=3),
        request_id: UUID | None = None,
    ) -> UUID:
        """In so short a time that an offer lives half an hour, at whatever hour the tests run."""
        request_id = request_id or uuid4()
        starts = await self.now() + starts_in
        await self.service.deliver(
            "requests",
            RequestTriaged(
                request_id=request_id, resident_id=self.resident.subject, unit_id=self.unit,
                case_number="000-000-000", category="errand", route="volunteers", skill=skill, wanted_from=starts,
                wanted_until=starts + timedelta(hours=2),
            ),
        )  # fmt: skip
        return request_id

    def withdrawn(self, request_id: UUID) -> RequestWithdrawn:
        return RequestWithdrawn(request_id=request_id, resident_id=self.resident.subject, unit_id=self.unit)

    def merged(self, request_id: UUID) -> RequestMerged:
        return RequestMerged(
            request_id=request_id, resident_id=self.resident.subject, unit_id=self.unit, into=uuid4(),
            into_case_number="000-000-456",
        )  # fmt: skip

    async def offers(self, volunteer: Caller) -> list[Any]:
        return list((await self.service.get("/volunteers/me/offers", by=volunteer)).json())

    async def at_once(
        self, table: str, row: UUID, calls: Sequence[Awaitable[httpx.Response]]
    ) -> list[httpx.Response]:
        """Answers of calls that all stood before one row's lock when it was let go."""
        return await racing(self.service, f"SELECT FROM {table} WHERE id = $1 FOR UPDATE", row, calls=calls)


@pytest.fixture
async def volunteers(servers: Any) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test("volunteer_matching", servers.postgres_dsn) as service:
        yield service


@pytest.fixture
async def here(volunteers: ServiceUnderTest) -> Neighbourhood:
    unit, resident = uuid4(), uuid4()
    await volunteers.deliver(
        "registry_replica",
        UnitOpened(
            unit_id=unit,
            parent_id=None,
            kind="community",
            code="01/02/003",
            name="幸福",
            zone="Asia/Shanghai",
        ),
        ResidentRegistered(resident_id=resident, household_id=uuid4(), unit_id=unit),
    )
    return Neighbourhood(volunteers, unit, volunteers.caller("resident", subject=resident))
