"""Tasks of A, offered to two volunteers of X, and of B, offered to one of Y; every task in hours of its own."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from access.world import Case, World
from event_contracts.resident_requests import RequestTriaged
from platform_kit.testing import ServiceUnderTest

# A's tasks ask for what only X's volunteers do, B's for what only Y's does.
ASKS_FOR = {"A": ("resident_a", "x", "errand"), "B": ("resident_b", "y", "escort")}


class Volunteers(World):
    def __init__(self, service: ServiceUnderTest) -> None:
        super().__init__(service)
        self._offered_beside: set[str] = set()
        self._windows = (datetime.now(UTC) + timedelta(hours=5 + 3 * n) for n in count())

    async def settle(self) -> None:
        await super().settle()
        for name, skill in (
            ("volunteer", "errand"),
            ("volunteer_beside", "errand"),
            ("volunteer_other", "escort"),
        ):
            await self.call("POST", "/volunteers", name, skills=[skill])

    async def _offered(self, owner: str = "A") -> dict[str, Any]:
        """The offers of a new task by person; the task's id is in each."""
        resident, place, skill = ASKS_FOR[owner]
        starts, request_id = next(self._windows), uuid4()
        people = ("volunteer", "volunteer_beside") if owner == "A" else ("volunteer_other",)
        before = {offer["id"] for name in people for offer in await self._offers(name)}
        await self.service.deliver(
            "requests",
            RequestTriaged(
                request_id=request_id, resident_id=self.people.subjects[resident],
                unit_id=self.people.units[place], case_number="000-000-000", category="errand", route="volunteers",
                skill=skill, wanted_from=starts, wanted_until=starts + timedelta(hours=2),
            ),
        )  # fmt: skip
        offers = {}
        for name in people:
            [offers[name]] = [offer for offer in await self._offers(name) if offer["id"] not in before]
            self.told(owner, offers[name])
        if "volunteer_beside" in offers:
            self._offered_beside |= {offers["volunteer_beside"][name] for name in ("id", "task_id")}
        self.told(owner, request_id)
        return offers

    async def _offers(self, name: str) -> list[Any]:
        answer = await self.ask("GET", "/volunteers/me/offers", name)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    async def _accepted(self) -> str:
        offer = (await self._offered())["volunteer"]
        await self.call("POST", f"/offers/{offer['id']}/accept", "volunteer")
        return str(offer["task_id"])

    async def _checked_in(self) -> str:
        task = await self._accepted()
        await self.call("POST", f"/tasks/{task}/check-in", "volunteer")
        return task

    def _case(self, task: str) -> Case:
        return Case({"task_id": task}, target=task)

    async def registering_oneself(self) -> Case:
        return Case(json={"skills": ["repair"]}, people=await self.newcomers())

    async def oneself(self) -> Case:
        return Case()

    async def offers_of_both(self) -> Case:
        a, b = await self._offered("A"), await self._offered("B")
        return Case(
            shows={
                "A": frozenset([a["volunteer"]["task_id"]]),
                "B": frozenset([b["volunteer_other"]["id"]]),
            }
        )

    async def offer_to_volunteer(self) -> Case:
        offer = (await self._offered())["volunteer"]
        return Case({"offer_id": offer["id"]}, target=offer["id"])

    async def tasks_of_both(self) -> Case:
        b = (await self._offered("B"))["volunteer_other"]["task_id"]
        return Case(
            query={"limit": "50"}, shows={"A": frozenset([await self._accepted()]), "B": frozenset([b])}
        )

    async def own_data(self) -> Case:
        """A's task is held by X's volunteer; B's is offered to Y's, who has accepted none."""
        b = (await self._offered("B"))["volunteer_other"]
        await self.call("POST", f"/offers/{b['id']}/accept", "volunteer_other")
        return Case(
            shows={"A": frozenset([await self._accepted()]), "B": frozenset([b["task_id"]])},
            beside=frozenset(self._offered_beside),
        )

    async def task_accepted(self) -> Case:
        return self._case(await self._accepted())

    async def task_checked_in(self) -> Case:
        return self._case(await self._checked_in())

    async def task_done(self) -> Case:
        task = await self._checked_in()
        await self.call("POST", f"/tasks/{task}/check-out", "volunteer")
        return self._case(task)
