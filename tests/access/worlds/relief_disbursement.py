"""Relief for A in X and for B in Y. Every application is in a programme of its own, because a household has one in each.

The notice lasts seven days: applications are brought through it by the dozen, so that the clock is moved seldom.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from access.world import Case, World
from event_contracts.resident_requests import RequestTriaged
from platform_kit.clock import now
from platform_kit.testing import ServiceUnderTest

BANK_SAYS = "账号 6222020200445566 已销户"
DOZENS = {"A": 30, "B": 4}
SIDES = {
    "A": ("resident_a", "worker_x", "street_x", "district_x", "finance"),
    "B": ("resident_b", "worker_y", "street_y", "district_y", "finance_y"),
}


class Relief(World):
    def __init__(self, service: ServiceUnderTest) -> None:
        super().__init__(service)
        self._noticed: dict[str, list[Any]] = {"A": [], "B": []}
        self._on_notice: set[str] = set()
        self.full: set[str] = set()
        """Names and accounts that no answer shows whole but those to the resident and those who decide."""

    def _a_programme(self, year: int) -> dict[str, Any]:
        money = {
            "budget": {"amount": 10**9, "currency": "CNY"},
            "monthly": {"amount": 80_000, "currency": "CNY"},
        }
        return {"code": f"DB-{uuid4().hex[:8]}", "name": "低保", "year": year, **money}

    async def _year(self) -> int:
        async with self.service.tx() as tx:
            return int((await now(tx)).year)

    async def _programme(self, owner: str) -> Any:
        return await self.call(
            "POST", "/programmes", SIDES[owner][3], **self._a_programme(await self._year())
        )

    def _filing(self, owner: str, programme: Any) -> dict[str, Any]:
        mark, resident = uuid4().int, self.id_of(SIDES[owner][0])
        account, name = f"6222{mark % 10**15:015d}", f"王{mark % 10**6:06d}英"
        self.full.add(account)
        return {
            "programme_id": programme["id"], "resident_id": resident, "asked": {"amount": 60_000, "currency": "CNY"},
            "reason": f"丈夫住院 {mark % 10**9}", "payee_name": name, "bank_account": account,
        }  # fmt: skip

    async def _filed(self, owner: str = "A", by: str = "", **changed: Any) -> Any:
        filing = self._filing(owner, await self._programme(owner)) | changed
        application = await self.call("POST", "/applications", by or SIDES[owner][0], **filing)
        said = {name: filing[name] for name in ("reason", "payee_name", "bank_account")}
        self.told(owner, {"id": application["id"], "household": application["household_id"]}, said)
        self.told(owner, application["resident_id"])
        return application | said

    async def _step(self, application: Any, verb: str, by: str, **body: Any) -> Any:
        return await self.call("POST", f"/applications/{application['id']}/{verb}", by, **body)

    async def _past_notice(self, owner: str = "A") -> Any:
        """One whose notice is over and that waits for the street."""
        if not self._noticed[owner]:
            for each, many in DOZENS.items():
                for _ in range(many):
                    application = await self._with_evidence(each)
                    await self._step(application, "verify", SIDES[each][1])
                    self._noticed[each].append(application)
            await self.service.advance(timedelta(days=7, minutes=1))
        return self._noticed[owner].pop()

    async def _reviewed(self, owner: str = "A") -> Any:
        application = await self._past_notice(owner)
        await self._step(application, "review", SIDES[owner][2])
        return application

    async def _run(self, owner: str = "A") -> Any:
        """A draft run of a programme with one active application."""
        application = await self._reviewed(owner)
        approved = await self._step(application, "approve", SIDES[owner][3], granted=None)
        run = await self.call(
            "POST", "/payment-runs", SIDES[owner][4],
            programme_id=application["programme_id"], period=f"{approved['from_on'][:4]}-12",
        )  # fmt: skip
        self.told(owner, run["id"])
        return run

    async def _run_step(self, run: Any, verb: str, by: str) -> Any:
        return await self.call("POST", f"/payment-runs/{run['id']}/{verb}", by)

    async def _calculated(self, owner: str = "A") -> Any:
        run = await self._run(owner)
        await self._run_step(run, "calculate", SIDES[owner][4])
        return run

    async def _released(self) -> Any:
        run = await self._calculated()
        await self._run_step(run, "check", "finance")
        await self._run_step(run, "release", "finance_lead")
        return run

    async def _sent(self) -> Any:
        run = await self._released()
        await self._run_step(run, "file", "finance_lead")
        return run

    async def _payment(self, run: Any, by: str = "finance") -> Any:
        answer = await self.ask("GET", f"/payments?payment_run_id={run['id']}", by)
        assert answer.status_code == 200, answer.text
        [payment] = answer.json()["items"]
        return payment

    def _case(self, application: Any, **json: Any) -> Case:
        return Case({"application_id": application["id"]}, json or None, target=application["id"])

    def _run_case(self, run: Any) -> Case:
        return Case({"payment_run_id": run["id"]}, target=run["id"], masked=frozenset(self.full))

    async def a_new_programme(self) -> Case:
        return Case(json=self._a_programme(await self._year()))

    async def programmes(self) -> Case:
        return Case()

    async def filing_for_a(self) -> Case:
        filing = self._filing("A", await self._programme("A"))
        return Case(json=filing, target=filing["resident_id"])

    async def application_draft(self) -> Case:
        return self._case(await self._filed(submit=False), note="户口本")

    async def application_returned(self) -> Case:
        application = await self._filed()
        await self._step(application, "return", "worker_x", reason="Evidence is missing.")
        return self._case(application, note="户口本")

    async def _with_evidence(self, owner: str = "A") -> Any:
        note = f"肝硬化,住院号 {uuid4().int % 10**9}"
        self.told(owner, note)
        application = await self._filed(owner)
        await self._step(application, "evidence", SIDES[owner][0], note=note)
        return application | {"note": note}

    async def application_with_evidence(self) -> Case:
        application = await self._with_evidence()
        withheld = frozenset([application["note"], application["payee_name"]])
        masked = frozenset([application["bank_account"]])
        return Case(
            {"application_id": application["id"]}, target=application["id"], withheld=withheld, masked=masked
        )

    async def application_sent_back(self) -> Case:
        application = await self._filed()
        withheld = frozenset([await self._sent_back(application)])
        return Case({"application_id": application["id"]}, target=application["id"], withheld=withheld)

    async def _sent_back(self, application: Any) -> str:
        """With words that the answer to it does not hold."""
        words = f"账号 {application['bank_account']} 与姓名不符"
        answer = await self._step(application, "return", "worker_x", reason=words)
        assert words not in str(answer)
        self.told("A", words)
        return words

    async def evidence_to_verify(self) -> Case:
        application = await self._with_evidence()
        return self._case(application, parts=["evidence"], reason="To verify it.")

    async def evidence_of_a_granted_one(self) -> Case:
        application = await self._reviewed()
        await self._step(application, "approve", "district_x", granted=None)
        return self._case(application, parts=["evidence"], reason="To verify it.")

    async def application_submitted(self) -> Case:
        application = await self._filed()
        return Case(
            {"application_id": application["id"]},
            {"reason": "Evidence is missing."},
            target=application["id"],
            masked=frozenset([application["bank_account"]]),
        )

    async def application_filed_by_agent(self) -> Case:
        return self._case(await self._filed(by="agent_x"))

    async def applications_of_both(self) -> Case:
        filed = {owner: await self._filed(owner) for owner in "AB"}
        shows = {owner: frozenset([application["id"]]) for owner, application in filed.items()}
        words = await self._sent_back(filed["A"])
        return Case(query={"limit": "50"}, shows=shows, masked=frozenset({*self.full, words}))

    async def account_to_verify(self) -> Case:
        return self._case(await self._filed(), parts=["bank_account", "payee_name"], reason="The bank asks.")

    async def account_to_pay(self) -> Case:
        application = await self._reviewed()
        await self._step(application, "approve", "district_x", granted=None)
        return self._case(application, parts=["bank_account", "payee_name"], reason="The bank asks.")

    async def own_data(self) -> Case:
        shows = {}
        for owner in "AB":
            application = await self._filed(owner)
            shows[owner] = frozenset([application["id"], application["reason"], application["bank_account"]])
        # Whoever objected to a notice is told of their objection, and to which.
        return Case(shows=shows, beside=frozenset(self._on_notice))

    async def evidence_of_both(self) -> Case:
        for owner in "AB":
            application = await self._filed(owner, submit=False)
            await self._step(application, "evidence", SIDES[owner][0], note="户口本")
        return Case()

    async def requests_of_both(self) -> Case:
        """Routed to relief, and nobody has applied for them yet."""
        wanted = datetime.now(UTC)
        for owner, place in (("A", "x"), ("B", "y")):
            await self.service.deliver(
                "requests",
                RequestTriaged(
                    request_id=uuid4(), resident_id=self.id_of(SIDES[owner][0]), unit_id=self.people.units[place],
                    case_number="000-000-000", category="hardship", route="relief", skill=None,
                    wanted_from=wanted, wanted_until=wanted + timedelta(hours=2),
                ),
            )  # fmt: skip
        return Case()

    async def application_noticed(self) -> Case:
        return self._case(await self._past_notice(), reason="Not eligible.")

    async def application_street_reviewed(self) -> Case:
        return self._case(await self._reviewed(), reason="Evidence is missing.")

    async def application_to_approve(self) -> Case:
        return self._case(await self._reviewed(), granted=None)

    def _bulk(self, application: Any, level: str) -> Case:
        body = {"level": level, "decision": "approve", "ids": [application["id"]]}
        return Case(json=body, target=application["id"])

    async def bulk_verify(self) -> Case:
        return self._bulk(await self._filed(), "verify")

    async def bulk_review(self) -> Case:
        return self._bulk(await self._past_notice(), "review")

    async def bulk_approve(self) -> Case:
        return self._bulk(await self._reviewed(), "approve")

    async def application_on_notice(self) -> Case:
        application = await self._filed()
        await self._step(application, "verify", "worker_x")
        self._on_notice.add(application["id"])
        return self._case(application, reason="他家有两套房。")

    async def objection_to_a(self) -> Case:
        case = await self.application_on_notice()
        await self.call("POST", f"/notices/{case.target}/objections", "volunteer", **case.json)
        return case

    async def notices(self) -> Case:
        """The list shows the application, and of the payee neither name nor account nor who it is."""
        application = await self._filed()
        await self._step(application, "verify", "worker_x")
        hidden = {application["payee_name"], application["reason"], application["resident_id"], *self.full}
        return Case(query={"limit": "200"}, masked=frozenset(hidden))

    async def a_new_run(self) -> Case:
        application = await self._reviewed()
        approved = await self._step(application, "approve", "district_x", granted=None)
        programme = application["programme_id"]
        return Case(
            json={"programme_id": programme, "period": f"{approved['from_on'][:4]}-12"}, target=programme
        )

    async def run_draft(self) -> Case:
        return self._run_case(await self._run())

    async def run_calculated(self) -> Case:
        return self._run_case(await self._calculated())

    async def run_checked(self) -> Case:
        run = await self._calculated()
        await self._run_step(run, "check", "finance_lead")
        return self._run_case(run)

    async def run_released(self) -> Case:
        return self._run_case(await self._released())

    async def run_sent(self) -> Case:
        return self._run_case(await self._sent())

    async def runs_of_both(self) -> Case:
        shows = {owner: frozenset([(await self._calculated(owner))["id"]]) for owner in "AB"}
        return Case(query={"limit": "50"}, shows=shows)

    async def payments_of_both(self) -> Case:
        shows = {}
        for owner in "AB":
            payment = await self._payment(await self._calculated(owner), SIDES[owner][4])
            self.told(owner, payment["id"])
            shows[owner] = frozenset([payment["id"]])
        return Case(query={"limit": "50"}, shows=shows, masked=frozenset(self.full))

    def _line(self, payment: Any, result: str) -> str:
        amount = f"{payment['amount']['amount'] / 100:.2f}"
        why = f"AC01,{BANK_SAYS}" if result == "returned" else ","
        return f"payment_id,result,amount,code,reason,date\r\n{payment['id']},{result},{amount},{why},2026-12-03\r\n"

    async def results_of_the_bank(self) -> Case:
        run = await self._sent()
        text = self._line(await self._payment(run), "paid")
        return Case(json={"payment_run_id": run["id"], "text": text}, target=run["id"])

    async def _returned(self) -> Any:
        run = await self._sent()
        payment = await self._payment(run)
        body = {"payment_run_id": run["id"], "text": self._line(payment, "returned")}
        await self.call("POST", "/bank-results", "finance", **body)
        self.told("A", payment["id"])
        return payment

    async def payment_returned(self) -> Case:
        payment = await self._returned()
        return Case(
            {"payment_id": payment["id"]}, {"bank_account": "6222020200112233"}, target=payment["id"],
            masked=frozenset({BANK_SAYS}),
        )  # fmt: skip

    async def words_of_the_bank(self) -> Case:
        payment = await self._returned()
        return Case({"payment_id": payment["id"]}, {"reason": "To pay it again."}, target=payment["id"])
