"""Units, households and staff. Here the registry itself gives the ids, so everybody is registered before they ask."""

from itertools import count
from typing import Any
from uuid import UUID

from access.principals import PLACES, RESIDENTS, People
from access.world import Case, World
from platform_kit.clock import now
from platform_kit.testing import ServiceUnderTest

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫"


def _id_number(n: int) -> str:
    """The n-th of a made-up day; the last figure by GB 11643-1999."""
    body = f"11010119490307{n:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


class Registry(World):
    def __init__(self, service: ServiceUnderTest) -> None:
        super().__init__(service)
        self._numbers = count(1)
        self.households: dict[str, str] = {}
        self.full: dict[str, frozenset[str]] = {}
        """What of each household no answer may show."""

    async def settle(self) -> None:
        units: dict[str, UUID] = {}
        for name, place in PLACES.items():
            body = {"code": place.code, "kind": place.kind, "name": f"单位 {name}"}
            parent = {"parent_id": str(units[place.parent])} if place.parent else {}
            units[name] = UUID((await self.call("POST", "/units", "operator", **body, **parent))["id"])
        subjects = dict(self.people.subjects)
        self.people = People(units, subjects)
        # Whoever registers a household needs its unit's worker, and each needs an id that the registry gives.
        staff = await self.call("POST", "/staff", "operator", name="李干部", phone="13800138990")
        subjects["worker_x"] = UUID(staff["id"])
        for name, (_, place) in RESIDENTS.items():
            household = await self._household(name, place)
            self.households[name] = household["id"]
            subjects[name] = UUID(household["residents"][0]["id"])
        self.people = People(units, subjects)
        async with self.service.tx() as tx:
            today = (await now(tx)).date()
        yesterday = today.fromordinal(today.toordinal() - 2).isoformat()
        for delegate, until in (("delegate_a", None), ("lapsed_delegate", yesterday)):
            await self.call(
                "POST", f"/residents/{subjects['resident_a']}/consents", "resident_a",
                delegate_id=str(subjects[delegate]), until_on=until,
            )  # fmt: skip

    async def _household(self, name: str, place: str) -> Any:
        """Of one person, with everything that is masked."""
        n = next(self._numbers)
        person = {
            "name": f"{SURNAMES[n % len(SURNAMES)]}桂兰{n:03d}",
            "phone": f"138{n:08d}",
            "id_number": _id_number(n),
        }
        address = f"幸福路 {n:05d} 号"
        unit = str(self.people.units[place])
        made = await self.call(
            "POST", "/households", f"worker_{place}", unit_id=unit, address=address, members=[person]
        )
        self.told("A" if name == "resident_a" else name, made, person, address)
        self.full[name] = frozenset({*person.values(), address})
        return made

    async def a_new_unit(self) -> Case:
        code = f"0101/01/{next(self._numbers):04d}"
        parent = str(self.people.units["street_x"])
        return Case(json={"code": code, "kind": "community", "name": "新社区", "parent_id": parent})

    async def units(self) -> Case:
        return Case()

    async def registering_in_x(self) -> Case:
        x = str(self.people.units["x"])
        return Case(json={"unit_id": x, "address": "新村路 1 号", "members": [{"name": "新邻居"}]})

    async def household_of_a(self) -> Case:
        household = self.households["resident_a"]
        return Case({"household_id": household}, target=household, masked=self.full["resident_a"])

    async def household_to_grow(self) -> Case:
        household = self.households["resident_a"]
        return Case({"household_id": household}, {"name": "新成员"}, target=household)

    async def resident_of_x(self) -> Case:
        a = self.id_of("resident_a")
        return Case({"resident_id": a}, target=a, masked=self.full["resident_a"])

    async def consent_to_family(self) -> Case:
        a = self.id_of("resident_a")
        return Case({"resident_id": a}, {"delegate_id": self.id_of("delegate_a")}, target=a)

    async def consent_to_worker(self) -> Case:
        a = self.id_of("resident_a")
        return Case({"resident_id": a}, {"delegate_id": self.id_of("worker_x")}, target=a)

    async def a_new_colleague(self) -> Case:
        return Case(json={"name": "新同事"})

    async def staff_of_x(self) -> Case:
        staff = self.id_of("worker_x")
        appointment = {"post": "worker", "unit_id": str(self.people.units["x"]), "from_on": "2026-01-01"}
        return Case({"staff_id": staff}, appointment, target=staff)
