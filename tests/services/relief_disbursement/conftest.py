"""Relief on a migrated database of its own, with a district, two streets and residents as needed."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.community_registry import (
    ConsentRecorded,
    HouseholdRegistered,
    ResidentRegistered,
    UnitOpened,
)
from platform_kit.testing import ServiceUnderTest, service_under_test
from racing import racing

DISTRICT, STREET, OTHER_STREET = uuid4(), uuid4(), uuid4()
COMMUNITY, OTHER_COMMUNITY = uuid4(), uuid4()
UNITS = (
    (DISTRICT, None, "district", "01", "江岸区"),
    (STREET, DISTRICT, "street", "01/01", "一街"),
    (OTHER_STREET, DISTRICT, "street", "01/02", "二街"),
    (COMMUNITY, STREET, "community", "01/01/001", "花园社区"),
    (OTHER_COMMUNITY, OTHER_STREET, "community", "01/02/001", "桥头社区"),
)


@dataclass
class Relief:
    """What the tests do again and again, all over HTTP."""

    service: ServiceUnderTest
    people: dict[str, Any] = field(default_factory=dict)
    account = "6222020200112233445"
    other_community = OTHER_COMMUNITY

    @staticmethod
    def cny(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": "CNY"}

    @staticmethod
    def ok(answer: Any, status: int = 200) -> Any:
        assert answer.status_code == status, answer.text
        return answer.json()

    def who(self, name: str) -> Any:
        """A caller by post and a number, e.g. ``worker``, ``finance1``; always the same person."""
        if name not in self.people:
            post = name.rstrip("0123456789")
            place = {
                "worker": (COMMUNITY, "01/01/001"),
                "street": (STREET, "01/01"),
                "other_worker": (OTHER_COMMUNITY, "01/02/001"),
            }.get(post, (DISTRICT, "01"))
            role = post.removeprefix("other_")
            self.people[name] = self.service.caller(role, subject=uuid4(), posts=[(role, *place)])
        return self.people[name]

    def resident(self, subject: UUID) -> Any:
        return self.service.caller("resident", subject=subject)

    async def settle_in(self, count: int = 1, *, unit_id: UUID = COMMUNITY) -> list[UUID]:
        """Residents, each in a household of their own."""
        residents = [uuid4() for _ in range(count)]
        for resident_id in residents:
            household_id = uuid4()
            await self.service.deliver(
                "registry_replica",
                HouseholdRegistered(household_id=household_id, unit_id=unit_id, members=1),
                ResidentRegistered(resident_id=resident_id, household_id=household_id, unit_id=unit_id),
            )
        return residents

    async def consent(self, resident_id: UUID, delegate_id: UUID) -> None:
        await self.service.deliver(
            "registry_replica",
            ConsentRecorded(resident_id=resident_id, delegate_id=delegate_id, until_on=None),
        )

    async def programme(self, *, budget: int = 10**9, monthly: int = 80_000) -> dict[str, Any]:
        """Of the year that the service's clock shows."""
        async with self.service.tx() as tx:
            year = await tx.fetchval("SELECT extract(year FROM clock_timestamp())::int")
        answer = await self.service.post(
            "/programmes",
            by=self.who("district"),
            json={
                "code": f"DB-{uuid4().hex[:8]}",
                "name": "最低生活保障",
                "year": year,
                "budget": self.cny(budget),
                "monthly": self.cny(monthly),
            },
        )
        return self.ok(answer, 201)

    async def file(self, programme: dict[str, Any], resident_id: UUID, **changed: Any) -> Any:
        """The answer to a filing by the resident, or by `by`."""
        by = changed.pop("by", None) or self.resident(resident_id)
        body = {
            "programme_id": programme["id"],
            "resident_id": str(resident_id),
            "asked": self.cny(60_000),
            "reason": "丈夫住院,收入不足。",
            "payee_name": "王秀英",
            "bank_account": self.account,
        }
        return await self.service.post("/applications", by=by, json=body | changed)

    async def submitted(self, programme: dict[str, Any], count: int = 1, **changed: Any) -> list[str]:
        residents = await self.settle_in(count)
        return [self.ok(await self.file(programme, each, **changed), 201)["id"] for each in residents]

    async def act(self, path: str, who: str, **body: Any) -> Any:
        return await self.service.post(path, by=self.who(who), json=body)

    async def at_once(self, lock: str, row_id: str, *calls: Awaitable[Any]) -> list[Any]:
        """Start the calls while the row is held and let go when several of them wait: a race for certain."""
        return await racing(self.service, lock, row_id, calls=calls, waiting=4)

    async def decide(
        self, level: str, ids: Sequence[str], who: str, decision: str = "approve", **body: Any
    ) -> Any:
        """In pages of 200, as the console sends them; the results of all rows."""
        rows = []
        for start in range(0, len(ids), 200):
            page = ids[start : start + 200]
            answer = await self.act(
                "/applications/reviews", who, level=level, decision=decision, ids=list(page), **body
            )
            rows += self.ok(answer)["rows"]
        return rows

    async def reviewed(self, programme: dict[str, Any], count: int = 1, **changed: Any) -> list[str]:
        """Applications that wait for the district."""
        ids = await self.submitted(programme, count, **changed)
        assert all(row["ok"] for row in await self.decide("verify", ids, "worker"))
        await self.service.advance(timedelta(days=7))
        assert all(row["ok"] for row in await self.decide("review", ids, "street"))
        return ids

    async def active(self, programme: dict[str, Any], count: int = 1, **changed: Any) -> list[str]:
        ids = await self.reviewed(programme, count, **changed)
        assert all(row["ok"] for row in await self.decide("approve", ids, "district"))
        return ids

    async def figures(self, programme: dict[str, Any]) -> dict[str, Any]:
        """The programme with its money as it stands."""
        shown = self.ok(await self.service.get("/programmes", by=self.who("district")))
        return next(each for each in shown if each["id"] == programme["id"])

    async def open_run(self, programme: dict[str, Any]) -> str:
        answer = await self.act(
            "/payment-runs", "finance1", programme_id=programme["id"], period=f"{programme['year']}-12"
        )
        return self.ok(answer, 201)["id"]

    async def calculated(self, programme: dict[str, Any]) -> str:
        run = await self.open_run(programme)
        self.ok(await self.act(f"/payment-runs/{run}/calculate", "finance1"))
        return run

    async def sent(self, programme: dict[str, Any]) -> str:
        run = await self.calculated(programme)
        self.ok(await self.act(f"/payment-runs/{run}/check", "finance1"))
        self.ok(await self.act(f"/payment-runs/{run}/release", "finance2"))
        self.ok(await self.act(f"/payment-runs/{run}/file", "finance2"))
        return run

    async def payments(self, run: str) -> list[dict[str, Any]]:
        answer = await self.service.get(f"/payments?payment_run_id={run}&limit=200", by=self.who("finance1"))
        return self.ok(answer)["items"]

    async def bank_says(self, run: str, *lines: str) -> dict[str, Any]:
        text = "\r\n".join(("payment_id,result,amount,code,reason,date", *lines, ""))
        return self.ok(await self.act("/bank-results", "finance1", payment_run_id=run, text=text))


@pytest.fixture
async def relief(servers: Any) -> AsyncIterator[Relief]:
    async with service_under_test("relief_disbursement", servers.postgres_dsn) as service:
        for unit_id, parent_id, kind, code, name in UNITS:
            await service.deliver(
                "registry_replica",
                UnitOpened(
                    unit_id=unit_id,
                    parent_id=parent_id,
                    kind=kind,
                    code=code,
                    name=name,
                    zone="Asia/Shanghai",
                ),
            )
        yield Relief(service)
