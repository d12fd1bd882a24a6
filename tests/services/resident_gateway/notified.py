"""A resident with a phone, in a community with a worker: what reaches the phone, and what they are shown."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from event_contracts import resident_requests as requests
from event_contracts.base import EventPayload
from event_contracts.community_registry import ResidentRegistered
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.testing import ServiceUnderTest

from .conftest import PHONE, Entrance

SHANGHAI = ZoneInfo("Asia/Shanghai")
NUMBER = "000-000-123"


@dataclass
class Town:
    """The clock stands at ten in the morning unless a test moves it."""

    entrance: Entrance
    resident: UUID = field(default_factory=uuid4)
    unit: UUID = field(default_factory=uuid4)
    worker: UUID = field(default_factory=uuid4)
    street: UUID = field(default_factory=uuid4)
    district: UUID = field(default_factory=uuid4)

    @classmethod
    async def of(cls, entrance: Entrance, hour: int = 10) -> "Town":
        town = cls(entrance)
        await town.clock(hour)
        units = {"01": uuid4(), "01/01": uuid4(), "01/01/001": town.unit}
        for code, unit_id in units.items():
            await entrance.unit(unit_id, code)
        await town.settle(town.resident)
        await entrance.open_account(subject=str(town.resident))
        for staff, post, code in (
            (town.worker, "worker", "01/01/001"), (town.street, "street", "01/01"), (town.district, "district", "01"),
        ):  # fmt: skip
            await entrance.appoint(staff, post, units[code])
        # What an account is welcomed with is not what these tests count.
        await town.sent()
        return town

    @property
    def gateway(self) -> ServiceUnderTest:
        return self.entrance.gateway

    def by(self, subject: UUID | None = None) -> Caller:
        return self.gateway.caller("resident", subject=subject or self.resident)

    async def settle(self, resident: UUID) -> None:
        registered = ResidentRegistered(resident_id=resident, household_id=uuid4(), unit_id=self.unit)
        await self.gateway.deliver("registry_replica", registered)

    async def now(self) -> datetime:
        async with self.gateway.tx() as tx:
            return await now(tx)

    async def clock(self, hour: int, minute: int = 0, zone: ZoneInfo = SHANGHAI) -> None:
        """Forward to the next time that the wall shows this, or a second later: clocks are moved by whole ones."""
        at = (await self.now()).astimezone(zone)
        then = datetime.combine(at.date(), time(hour, minute), zone)
        if then <= at:
            then += timedelta(days=1)
        await self.gateway.advance(then - at + timedelta(seconds=1))

    async def tell(self, *events: EventPayload) -> None:
        for event in events:
            await self.gateway.deliver("notifications", event, at=await self.now())

    def about(self, request_id: UUID, **more: Any) -> dict[str, Any]:
        return {"request_id": request_id, "resident_id": self.resident, "unit_id": self.unit, **more}

    async def filed(self, *, by: UUID | None = None) -> UUID:
        request_id = uuid4()
        submitted = requests.RequestSubmitted(
            **self.about(request_id), case_number=NUMBER, category="errand", filed_by=by or self.resident,
            occurred_at=await self.now(),
        )  # fmt: skip
        await self.tell(submitted)
        return request_id

    async def happens(self, request_id: UUID, event: type[EventPayload], **more: Any) -> None:
        await self.tell(event(**self.about(request_id, **more)))

    async def asked(self, request_id: UUID) -> None:
        await self.happens(request_id, requests.RequestStarted)
        await self.happens(request_id, requests.RequestAwaitsResident)

    async def sent(self, phone: str = PHONE) -> list[str]:
        """The worker runs; every text that has ever reached this phone, without the codes."""
        await self.gateway.run_errands()
        return self.received(phone)

    def received(self, phone: str = PHONE) -> list[str]:
        return [
            each["text"].removeprefix("【邻里】")
            for each in self.entrance.sent()
            if each["to"] == phone and "验证码" not in each["text"] and "账号" not in each["text"]
        ]

    async def shown(self, subject: UUID | None = None, language: str = "zh") -> list[str]:
        """Newest first."""
        page = await self.page(subject, language=language)
        return [item["text"] for item in page["items"] if item["kind"] == "request"]

    async def page(
        self, subject: UUID | None = None, query: str = "", language: str = "zh"
    ) -> dict[str, Any]:
        answer = await self.gateway.get(
            f"/api/v1/me/notifications{query}", by=self.by(subject), headers={"Accept-Language": language}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def wants(self, *, subject: UUID | None = None, **changed: Any) -> Any:
        usual = {
            "language": "zh",
            "channels": ["sms"],
            "quiet_hours": {"starts": "22:00", "ends": "07:00"},
        }
        return await self.gateway.put(
            "/api/v1/me/notification-settings", json=usual | changed, by=self.by(subject)
        )

    async def deliveries(self) -> list[tuple[str, str | None, int]]:
        """(state, reason, attempts) of every message to a phone, oldest first."""
        async with self.gateway.tx() as tx:
            rows = await tx.fetch("SELECT state, reason, attempts FROM delivery ORDER BY created_at")
        return [(row["state"], row["reason"], row["attempts"]) for row in rows]
