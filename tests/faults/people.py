"""Who the load is: the town that its calls need, opened through the gateway, and the flows that its people go through."""

import asyncio
import csv
import io
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from faults.ground import Ground
from faults.load import Load, Refused
from local_runtime import clock

ZONE = "Asia/Shanghai"
RESIDENTS, VOLUNTEERS, APPLICANTS = 12, 6, 8
PRICE = 3335


@dataclass
class Town:
    """Tokens by person, and the ids that flows need."""

    load: Load
    units: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    residents: list[str] = field(default_factory=list)
    volunteers: list[str] = field(default_factory=list)
    provider: str = ""
    programme: str = ""
    period: str = ""
    _slot: int = 0
    _paying: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def flows(self) -> list[Callable[[random.Random], Awaitable[None]]]:
        return [self.ask_for_help, self.ask_for_help, self.order, self.pay_relief]

    async def ask_for_help(self, dice: random.Random) -> None:
        """Filed, given to volunteers, accepted by one of those who were asked, at once by two of them."""
        who = dice.choice(self.residents)
        filed = await self.load.call(
            "file", "requests.request.submitted.v1", self.tokens[who], "/requests",
            {"category": "errand", "words": f"请帮我买药 {dice.random()}", "place": {"address": "三单元502"}},
        )  # fmt: skip
        self._slot += 1
        wanted = datetime(2027, 3, 1, tzinfo=UTC) + timedelta(hours=3 * self._slot)
        await self.load.call(
            "triage", "requests.request.triaged.v1", self.tokens["worker"], f"/requests/{filed['id']}/triage",
            {"route": "volunteers", "wanted_from": wanted.isoformat()},
        )  # fmt: skip
        offers = await self._offers(wanted)
        taken = await asyncio.gather(*(self._accept(who, offer) for who, offer in offers))
        # Whoever has taken it is seen by the request's own service: the loop of events is closed.
        assert sum(taken) == 1, f"{sum(taken)} of {len(taken)} accepted one task"

    async def _offers(self, wanted: datetime) -> list[tuple[str, dict[str, Any]]]:
        while True:
            found = []
            for who in self.volunteers:
                for offer in await self.load.get("/volunteers/me/offers", self.tokens[who]):
                    if datetime.fromisoformat(offer["starts_at"]) == wanted:
                        found.append((who, offer))
                        break
                if len(found) == 2:
                    return found
            await self.load._rest()

    async def _accept(self, who: str, offer: dict[str, Any]) -> bool:
        path = f"/offers/{offer['id']}/accept"
        return await self._once("accept", "volunteers.task.accepted.v1", self.tokens[who], path)

    async def order(self, dice: random.Random) -> None:
        """Quoted to paid; the payment is recorded twice at once under two keys, and once is right."""
        resident, provider, worker = (
            self.tokens[who] for who in (dice.choice(self.residents), "provider", "worker")
        )
        starts = (datetime.now(UTC) + timedelta(days=40)).isoformat()
        quote = await self.load.call(
            "quote", "paid.order.quoted.v1", resident, "/quotes",
            {"service": "bath_help", "quantity": dice.randint(1, 3), "starts_at": starts},
        )  # fmt: skip
        order = f"/orders/{quote['id']}"
        await self.load.call("book", "paid.order.booked.v1", resident, "/orders", {"quote_id": quote["id"]})
        await self.load.call(
            "assign", "paid.order.assigned.v1", worker, f"{order}/assign", {"provider_id": self.provider}
        )
        await self.load.call("start", "paid.order.started.v1", provider, f"{order}/start")
        await self.load.call("complete", "paid.order.completed.v1", provider, f"{order}/complete")
        await self.load.call("confirm", "paid.order.confirmed.v1", resident, f"{order}/confirm")
        pay = {"method": "cash", "amount": {"amount": quote["to_pay"]["amount"]}}
        paid = await asyncio.gather(
            *(self._once("pay", "paid.order.paid.v1", worker, f"{order}/pay", pay) for _ in range(2))
        )
        assert sum(paid) == 1, f"an order was paid {sum(paid)} times"

    async def pay_relief(self, _: random.Random) -> None:
        """A run over everything due, released twice at once by two keys; the bank returns it all, and all is reissued."""
        if self._paying.locked():
            return
        finance, lead = self.tokens["finance"], self.tokens["finance_lead"]
        advanced = "relief.payment_run.advanced.v1"
        async with self._paying:
            run = await self.load.call(
                "open run",
                advanced,
                finance,
                "/payment-runs",
                {"programme_id": self.programme, "period": self.period},
            )
            path = f"/payment-runs/{run['id']}"
            await self.load.call("calculate", advanced, finance, f"{path}/calculate")
            await self.load.call("check", advanced, finance, f"{path}/check")
            released = await asyncio.gather(
                *(self._once("release", advanced, lead, f"{path}/release") for _ in range(2))
            )
            assert sum(released) == 1, f"a run was released {sum(released)} times"
            await self.load.call("bank file", advanced, lead, f"{path}/file")
            payments = (await self.load.get(f"/payments?payment_run_id={run['id']}&limit=200", finance))[
                "items"
            ]
            text = _returned([payment["id"] for payment in payments], self.period)
            await self.load.call(
                "bank results",
                advanced,
                finance,
                "/bank-results",
                {"payment_run_id": run["id"], "text": text},
            )
            for payment in payments:
                await self.load.call(
                    "reissue", "relief.payment.reissued.v1", finance, f"/payments/{payment['id']}/reissue", {}
                )

    async def _once(self, kind: str, event: str, token: str, path: str, body: Any = None) -> bool:
        try:
            await self.load.call(kind, event, token, path, body)
        except Refused as refusal:
            if refusal.status != 409:
                raise
            return False
        return True


def _returned(payments: list[str], period: str) -> str:
    written = io.StringIO()
    answer = csv.writer(written)
    answer.writerow(["payment_id", "result", "code", "reason", "date"])
    for payment in payments:
        answer.writerow([payment, "returned", "AC01", "账号不存在", f"{period}-28"])
    return written.getvalue()


async def open_town(ground: Ground, load: Load) -> Town:
    """A district with one community, its staff, households, volunteers, a provider, and relief that was approved."""
    town = Town(load, period=f"{datetime.now(UTC):%Y-%m}")
    town.tokens["operator"] = await asyncio.to_thread(clock.operator_token, ground.running)
    parent = None
    for code, kind in (("01", "district"), ("01/01", "street"), ("01/01/001", "community")):
        body = {"code": code, "kind": kind, "name": f"单位{code}", "zone": ZONE, "parent_id": parent}
        parent = await _made(town, "operator", "registry.unit.opened.v1", "/units", body)
        town.units[code] = parent
    for role, code in (("worker", "01/01"), ("verifier", "01/01"), ("street", "01/01"), ("district", "01"),
                       ("finance", "01"), ("finance_lead", "01")):  # fmt: skip
        post = ("worker" if role == "verifier" else role, town.units[code], code)
        town.tokens[role] = ground.token(subject=uuid4(), posts=(post,))
    for number in range(RESIDENTS + VOLUNTEERS + APPLICANTS + 1):
        household = {
            "unit_id": town.units["01/01/001"], "address": f"幸福路{number}号",
            "members": [{"name": f"居民{number}", "phone": f"137{number:08d}"}],
        }  # fmt: skip
        made = await load.call(
            "household", "registry.household.registered.v1", town.tokens["worker"], "/households", household
        )
        subject = made["residents"][0]["id"]
        town.residents.append(subject)
        town.tokens[subject] = ground.token("resident", "volunteer", "provider", subject=subject)
    provider, *others = town.residents
    town.residents, town.volunteers = others[:RESIDENTS], others[RESIDENTS : RESIDENTS + VOLUNTEERS]
    for who in town.volunteers:
        await _made(town, who, "volunteers.volunteer.registered.v1", "/volunteers", {"skills": ["errand"]})
    service = {
        "code": "bath_help", "name_zh": "助浴", "name_en": "Help with bathing", "price": {"amount": PRICE}, "per": "hour",
        "subsidy_percent": 30, "provider_weight": 85, "community_weight": 15,
    }  # fmt: skip
    await load.call("service", "", town.tokens["district"], "/services", service)
    town.tokens["provider"] = town.tokens[provider]
    town.provider = await _made(
        town, provider, "paid.provider.registered.v1", "/providers", {"services": ["bath_help"]}
    )
    await _open_relief(ground, town, others[RESIDENTS + VOLUNTEERS :])
    return town


async def _open_relief(ground: Ground, town: Town, applicants: list[str]) -> None:
    money = {"budget": {"amount": 10_000_000_00}, "monthly": {"amount": 1_200_00}}
    programme = {"code": "subsistence", "name": "最低生活保障", "year": int(town.period[:4]), **money}
    town.programme = await _made(town, "district", "relief.programme.opened.v1", "/programmes", programme)
    filed = []
    for number, who in enumerate(applicants):
        body = {
            "programme_id": town.programme, "resident_id": who, "asked": {"amount": 600_00 + number * 50_00},
            "reason": "家庭收入低于当地标准", "payee_name": f"居民{number}", "bank_account": f"62220210{number:011d}",
        }  # fmt: skip
        filed.append(await _made(town, "worker", "relief.application.submitted.v1", "/applications", body))
    for level, who in (("verify", "verifier"), ("review", "street"), ("approve", "district")):
        if level == "review":
            await asyncio.to_thread(clock.advance, ground.running, 8 * 86400)
        body = {"level": level, "decision": "approve", "ids": filed}
        done = await town.load.call("reviews", "", town.tokens[who], "/applications/reviews", body)
        assert done["refused"] == 0, done


async def _made(town: Town, who: str, event: str, path: str, body: Any) -> str:
    """The id of what was made; a 404 about a replica that has not heard of it yet is asked again under a new key."""
    for _ in range(600):
        try:
            return str((await town.load.call("town", event, town.tokens[who], path, body))["id"])
        except Refused as refusal:
            if refusal.status != 404:
                raise
        await asyncio.sleep(0.1)
    raise TimeoutError(f"{path} stays unknown")
