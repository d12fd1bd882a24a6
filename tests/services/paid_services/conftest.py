from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from event_contracts.community_registry import ResidentRegistered, UnitOpened
from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest, service_under_test


@dataclass
class Counter:
    """A community with a resident, a provider, a worker and the district's finance."""

    service: ServiceUnderTest
    unit: UUID
    resident: Caller
    provider: Caller
    provider_id: str
    worker: Caller
    finance: Caller
    lead: Caller

    async def call(self, path: str, by: Caller, status: int = 200, **json: Any) -> Any:
        answer = await self.service.post(path, json=json or None, by=by)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def confirmed(self, quantity: int = 2) -> Any:
        """An order that is done and waits to be paid."""
        quote = await self.call(
            "/quotes", self.resident, 201, service="bath_help", quantity=quantity,
            starts_at=(datetime.now(UTC) + timedelta(days=3)).isoformat(),
        )  # fmt: skip
        order = f"/orders/{quote['id']}"
        await self.call("/orders", self.resident, 201, quote_id=quote["id"])
        await self.call(f"{order}/assign", self.worker, provider_id=self.provider_id)
        await self.call(f"{order}/start", self.provider)
        await self.call(f"{order}/complete", self.provider)
        return await self.call(f"{order}/confirm", self.resident)

    async def paid(self, quantity: int = 2) -> Any:
        order = await self.confirmed(quantity)
        return await self.call(
            f"/orders/{order['id']}/pay", self.worker, method="cash", amount=order["to_pay"]
        )

    async def income(self) -> Any:
        return (await self.service.get(f"/finance/income?month={self.month}", by=self.finance)).json()

    @property
    def month(self) -> str:
        return f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m}"


@pytest.fixture
async def paid(servers: Any) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test("paid_services", servers.postgres_dsn) as service:
        yield service


@pytest.fixture
async def counter(paid: ServiceUnderTest) -> Counter:
    unit, resident, provider = uuid4(), uuid4(), uuid4()
    await paid.deliver(
        "registry_replica",
        UnitOpened(
            unit_id=unit, parent_id=None, kind="community", code="01", name="幸福", zone="Asia/Shanghai"
        ),
        ResidentRegistered(resident_id=resident, household_id=uuid4(), unit_id=unit),
        ResidentRegistered(resident_id=provider, household_id=uuid4(), unit_id=unit),
    )
    catalogue = {
        "code": "bath_help", "name_zh": "助浴", "name_en": "Help with bathing", "price": {"amount": 3335}, "per": "hour",
        "subsidy_percent": 30, "provider_weight": 85, "community_weight": 15,
    }  # fmt: skip
    answer = await paid.post("/services", json=catalogue, by=paid.caller("operator"))
    assert answer.status_code == 201, answer.text
    as_provider = paid.caller("resident", "provider", subject=provider)
    registered = await paid.post("/providers", json={"services": ["bath_help"]}, by=as_provider)
    return Counter(
        paid,
        unit,
        paid.caller("resident", subject=resident),
        as_provider,
        registered.json()["id"],
        paid.caller(posts=[("worker", unit, "01")]),
        paid.caller(posts=[("finance", unit, "01")]),
        paid.caller(posts=[("finance_lead", unit, "01")]),
    )
