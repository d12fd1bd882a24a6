"""The house that is fuzzed: real processes, a town in it, and the ids of what the town has done."""

import asyncio
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from faults.ground import UNLIMITED, house_token
from faults.load import Load
from faults.people import Town, open_town
from local_runtime import clock
from local_runtime.home import Home
from local_runtime.house import SERVICES
from local_runtime.up import Running, down, up

ROLES = (
    "none", "resident", "volunteer", "provider", "worker", "street", "district", "finance", "finance_lead", "auditor",
    "operator",
)  # fmt: skip
DISTRICT = "01"


@dataclass
class Ground:
    """`ids` are real ones by the name of a path parameter or of a body's or query's member."""

    home: Home
    running: Running
    seed: int
    tokens: dict[str, str | None] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)

    def dsn(self, *_: object, **__: object) -> str:
        raise NotImplementedError("the town is made over HTTP alone")

    def token(self, *roles: str, subject: object, posts: tuple[tuple[str, object, str], ...] = ()) -> str:
        return house_token(self.home, *roles, subject=subject, posts=posts)

    async def settle(self) -> None:
        """People at work until there is something of everything."""
        load = Load("fuzz", self.running.gateway, self.seed)
        await load.open()
        try:
            town = await open_town(self, load)  # type: ignore[arg-type]
            dice = random.Random(self.seed)
            await asyncio.gather(
                *(town.order(dice) for _ in range(3)), *(town.ask_for_help(dice) for _ in range(3))
            )
            await town.pay_relief(dice)
            await self._leave_things_open(town, load)
            self._sign_in(town)
            await self._remember(town, load)
        finally:
            await load.close()

    async def _leave_things_open(self, town: Town, load: Load) -> None:
        """What the flows have brought to an end shows only refusals: something of each kind stays at its start."""
        for who in town.residents[:4]:
            token = town.tokens[who]
            for _ in range(3):
                body = {"category": "errand", "words": "请帮我买药"}
                await load.call("file", "", token, "/requests", body)
            quote = {"service": "bath_help", "quantity": 1, "starts_at": "2027-06-01T08:00:00+08:00"}
            made = await load.call("quote", "", token, "/quotes", quote)
            self.ids.setdefault("quote_id", []).append(made["id"])
            await load.call("book", "", token, "/orders", {"quote_id": made["id"]})
        await self._leave_relief_open(town, load)
        for request in (await load.get("/requests?state=submitted&limit=4", town.tokens["worker"]))["items"]:
            # One each at times of its own, so that there are volunteers for all of them.
            day = 1 + int(request["id"][-1], 16)
            wanted = {"route": "volunteers", "wanted_from": f"2027-04-{day:02d}T08:00:00+08:00"}
            await load.call("triage", "", town.tokens["worker"], f"/requests/{request['id']}/triage", wanted)
        source = {"zone": "Asia/Shanghai", "categories": {"Graffiti Removal": "graffiti"}, "states": {"Closed": "closed"},
                  "areas": {"CD 1": town.units["01/01/001"]}}  # fmt: skip
        for method, token, path, body in (
            ("PUT", town.tokens["worker"], "/import-sources/fuzzed-city", source),
            ("POST", town.tokens["operator"], "/staff", {"name": "李社工", "phone": "13900000000"}),
        ):
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
            assert load._http is not None
            answer = await load._http.request(method, f"/api/v1{path}", headers=headers, json=body)
            assert answer.is_success, answer.text
            if path == "/staff":
                self.ids["staff_id"] = [answer.json()["id"]]
        self.ids["name"] = self.ids["source"] = ["fuzzed-city"]

    async def _leave_relief_open(self, town: Town, load: Load) -> None:
        """Applications before each of the three reviews, and a run that is calculated."""
        filed = []
        for number, who in enumerate(town.residents[:9]):
            body = {
                "programme_id": town.programme, "resident_id": who, "asked": {"amount": 600_00}, "reason": "家庭困难",
                "payee_name": f"居民{number}", "bank_account": f"62220219{number:011d}", "submit": number != 8,
            }  # fmt: skip
            made = await load.call("apply", "", town.tokens["worker"], "/applications", body)
            filed.append(made["id"])
        for level, who, some in (("verify", "verifier", filed[:6]), ("review", "street", filed[:3])):
            if level == "review":
                await asyncio.to_thread(clock.advance, self.running, 8 * 86400)
            body = {"level": level, "decision": "approve", "ids": some}
            await load.call("reviews", "", town.tokens[who], "/applications/reviews", body)
        run = {"programme_id": town.programme, "period": town.period}
        made = await load.call("open run", "", town.tokens["finance"], "/payment-runs", run)
        await load.call("calculate", "", town.tokens["finance"], f"/payment-runs/{made['id']}/calculate")

    def _sign_in(self, town: Town) -> None:
        self.tokens = {role: town.tokens.get(role) for role in ROLES}
        resident, volunteer = town.residents[0], town.volunteers[0]
        self.tokens["resident"] = self.token("resident", subject=resident)
        self.tokens["volunteer"] = self.token("resident", "volunteer", subject=volunteer)
        posts = (("auditor", town.units[DISTRICT], DISTRICT),)
        self.tokens["auditor"] = self.token(subject=uuid4(), posts=posts)
        self.ids["resident_id"] = [resident, volunteer, *town.residents[1:4]]
        self.ids["delegate_id"] = [town.residents[1]]
        self.ids["unit_id"] = self.ids["parent_id"] = self.ids["default_area"] = list(town.units.values())
        self.ids["programme_id"] = [town.programme]
        self.ids["provider_id"] = [town.provider]
        self.ids["code"] = ["errand", "bath_help", "subsistence"]
        self.ids["category"] = ["errand", "hardship"]
        self.ids["service"] = ["bath_help"]
        self.ids["period"] = self.ids["month"] = [town.period]

    async def _remember(self, town: Town, load: Load) -> None:
        worker, finance = town.tokens["worker"], town.tokens["finance"]
        for name, path, token in (
            ("request_id", "/requests?limit=50", worker),
            ("task_id", "/tasks?limit=50", worker),
            ("order_id", "/orders?limit=50", worker),
            ("application_id", "/applications?limit=50", worker),
            ("payment_run_id", "/payment-runs", finance),
            ("payment_id", "/payments?limit=50", finance),
        ):
            self.ids[name] = [each["id"] for each in (await load.get(path, token))["items"]]
        self.ids["ids"] = self.ids["application_id"]
        resident = await load.get(f"/residents/{town.residents[0]}", worker)
        self.ids["household_id"] = [resident["household_id"]]
        paid = [await load.get(f"/orders/{order}", worker) for order in self.ids["order_id"]]
        self.ids["number"] = [order["receipt_number"] for order in paid if order["receipt_number"]]
        self.ids["offer_id"] = []
        async with asyncio.timeout(30):
            while not self.ids["offer_id"]:
                for who in town.volunteers:
                    offers = await load.get("/volunteers/me/offers", town.tokens[who])
                    self.ids["offer_id"] += [offer["id"] for offer in offers]
                await asyncio.sleep(0.1)


@contextmanager
def ground(seed: int, say: Callable[[str], None]) -> Iterator[Ground]:
    """Started as `linli up` starts it, in a folder of its own; taken down and removed at the end."""
    root = Path(tempfile.mkdtemp(prefix=f"linli-fuzz-{os.getpid()}-")).resolve()
    root.chmod(0o755)
    home = Home(root)
    before = dict(os.environ)
    os.environ.update(UNLIMITED)
    try:
        built = Ground(home, up(home, say, services=SERVICES, usual_ports=False), seed)
        asyncio.run(built.settle())
        yield built
    finally:
        os.environ.clear()
        os.environ.update(before)
        down(home, lambda _: None)
        shutil.rmtree(root, ignore_errors=True)
