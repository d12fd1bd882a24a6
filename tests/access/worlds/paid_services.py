"""Orders of A, worked by X's provider, and of B, by Y's, in every state; what was paid is counted for the figures."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from access.world import Case, World
from platform_kit.clock import now
from platform_kit.testing import ServiceUnderTest

SIDES = {
    "A": ("resident_a", "worker_x", "provider", "finance"),
    "B": ("resident_b", "worker_y", "provider_other", "finance_y"),
}
CATALOGUE = {
    "name_zh": "助浴", "name_en": "Help with bathing", "price": {"amount": 3335, "currency": "CNY"}, "per": "hour",
    "subsidy_percent": 30, "provider_weight": 85, "community_weight": 15,
}  # fmt: skip


class PaidServices(World):
    def __init__(self, service: ServiceUnderTest) -> None:
        super().__init__(service)
        self._providers: dict[str, str] = {}
        self._months = (f"20{year:02d}-{month:02d}" for year in count(20) for month in range(1, 13))

    async def settle(self) -> None:
        await super().settle()
        await self.call("POST", "/services", "operator", code="bath_help", **CATALOGUE)
        for owner, (_, _, provider, _) in SIDES.items():
            made = await self.call("POST", "/providers", provider, services=["bath_help"])
            self._providers[owner] = made["id"]
            self.told(owner, made["id"], self.id_of(provider))

    def _wanted(self) -> dict[str, Any]:
        starts = datetime.now(UTC) + timedelta(days=3)
        return {"service": "bath_help", "quantity": 2, "starts_at": starts.isoformat()}

    async def _quoted(self, owner: str = "A") -> Any:
        order = await self.call("POST", "/quotes", SIDES[owner][0], **self._wanted())
        self.told(owner, order)
        return order

    async def _booked(self, owner: str = "A") -> Any:
        order = await self._quoted(owner)
        return await self.call("POST", "/orders", SIDES[owner][0], quote_id=order["id"])

    async def _assigned(self, owner: str = "A") -> Any:
        order = await self._booked(owner)
        return await self._step(order, "assign", SIDES[owner][1], provider_id=self._providers[owner])

    async def _in_service(self, owner: str = "A") -> Any:
        return await self._step(await self._assigned(owner), "start", SIDES[owner][2])

    async def _completed(self, owner: str = "A") -> Any:
        return await self._step(await self._in_service(owner), "complete", SIDES[owner][2])

    async def _confirmed(self, owner: str = "A") -> Any:
        return await self._step(await self._completed(owner), "confirm", SIDES[owner][0])

    async def _paid(self, owner: str = "A") -> Any:
        order = await self._confirmed(owner)
        paid = await self._step(order, "pay", SIDES[owner][3], method="cash", amount=order["to_pay"])
        self.told(owner, paid["receipt_number"])
        return paid

    async def _step(self, order: Any, verb: str, by: str, **body: Any) -> Any:
        return await self.call("POST", f"/orders/{order['id']}/{verb}", by, **body)

    def _case(self, order: Any, **json: Any) -> Case:
        return Case({"order_id": order["id"]}, json or None, target=order["id"])

    async def services(self) -> Case:
        return Case()

    async def a_new_service(self) -> Case:
        return Case(json={"code": f"s{uuid4().hex[:12]}", **CATALOGUE})

    async def registering_oneself(self) -> Case:
        return Case(json={"services": ["bath_help"]}, people=await self.newcomers())

    async def quoting_for_a(self) -> Case:
        a = self.id_of("resident_a")
        return Case(json={**self._wanted(), "resident_id": a}, target=a)

    async def quoting_for_oneself(self) -> Case:
        return Case(json=self._wanted())

    async def order_quoted(self) -> Case:
        order = await self._quoted()
        return Case(json={"quote_id": order["id"]}, target=order["id"])

    async def order_booked(self) -> Case:
        return self._case(await self._booked())

    async def order_to_assign(self) -> Case:
        return self._case(await self._booked(), provider_id=self._providers["A"])

    async def order_assigned(self) -> Case:
        return self._case(await self._assigned())

    async def order_in_service(self) -> Case:
        return self._case(await self._in_service())

    async def order_completed(self) -> Case:
        return self._case(await self._completed())

    async def order_confirmed(self) -> Case:
        order = await self._confirmed()
        return self._case(order, method="cash", amount=order["to_pay"])

    async def order_paid(self) -> Case:
        return self._case(await self._paid())

    async def order_to_refund(self) -> Case:
        return self._case(await self._paid(), amount={"amount": 100, "currency": "CNY"})

    async def orders_of_both(self) -> Case:
        shows = {owner: frozenset([(await self._assigned(owner))["id"]]) for owner in "AB"}
        return Case(query={"limit": "50"}, shows=shows)

    async def own_data(self) -> Case:
        return Case(shows={owner: frozenset([(await self._paid(owner))["id"]]) for owner in "AB"})

    async def _month(self) -> str:
        async with self.service.tx() as tx:
            return f"{(await now(tx)) + timedelta(hours=8):%Y-%m}"

    async def income_of_both(self) -> Case:
        for owner in "AB":
            await self._paid(owner)
        # No order is named there: a provider of one side is what tells whose income it is.
        shows = {owner: frozenset([self._providers[owner]]) for owner in "AB"}
        return Case(query={"month": await self._month()}, shows=shows, miscounted=_miscounted)

    async def transactions_of_both(self) -> Case:
        shows = {owner: frozenset([(await self._paid(owner))["id"]]) for owner in "AB"}
        return Case(query={"month": await self._month(), "limit": "50"}, shows=shows)

    async def receipt(self) -> Case:
        number = (await self._paid())["receipt_number"]
        return Case({"number": number}, target=number)

    async def month_over(self) -> Case:
        return Case({"month": next(self._months)})


def _miscounted(text: str) -> str | None:
    """Every sum of the income page is the sum of the lines that this reader is shown."""
    page = json.loads(text)
    for name in ("income", "provider", "community"):
        summed = sum(line[name]["amount"] for line in page["lines"])
        if page[name]["amount"] != summed:
            return f"is told {name} of {page[name]['amount']}, and the lines add up to {summed}"
    return None
