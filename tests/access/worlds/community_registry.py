"""Units, households and staff. Here the registry itself gives the ids, so everybody is registered before they ask."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from access.principals import PLACES, RESIDENTS, People
from access.world import Case, World
from event_contracts.paid_services import OrderAssigned, OrderBooked
from event_contracts.volunteer_matching import TaskAccepted, TaskOpened
from platform_kit.auth import Caller
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
        self.known: dict[str, dict[str, str]] = {}
        """Of each household's one person what they told, the address among it."""
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
        for name in ("worker_x", "agent_x", "worker_y"):
            phone = f"139{next(self._numbers):08d}"
            staff = await self.call("POST", "/staff", "operator", name="李干部", phone=phone)
            subjects[name] = UUID(staff["id"])
        for name, (_, place) in RESIDENTS.items():
            household = await self._household(name, place)
            self.households[name] = household["id"]
            subjects[name] = UUID(household["residents"][0]["id"])
        self.people = People(units, subjects)
        async with self.service.tx() as tx:
            today = (await now(tx)).date()
        yesterday = today.fromordinal(today.toordinal() - 2).isoformat()
        for delegate, until in (("delegate_a", None), ("agent_x", None), ("lapsed_delegate", yesterday)):
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
        owner = {"resident_a": "A", "resident_b": "B"}.get(name, name)
        self.told(owner, made, person, address)
        self.known[name] = {**person, "address": address}
        self.full[name] = frozenset(self.known[name].values())
        return made

    async def a_new_unit(self) -> Case:
        code = f"0101/01/{next(self._numbers):04d}"
        parent = str(self.people.units["street_x"])
        return Case(json={"code": code, "kind": "community", "name": "新社区", "parent_id": parent})

    async def units(self) -> Case:
        return Case()

    async def unit_of_a(self) -> Case:
        return Case({"unit_id": str(self.people.units["x"])})

    async def hours_of_x(self) -> Case:
        x = str(self.people.units["x"])
        morning = [{"opens": "09:00", "closes": "12:00"}]
        return Case({"unit_id": x}, {"hours": [morning] * 5 + [[], []]}, target=x)

    async def place_of_x(self) -> Case:
        x = str(self.people.units["x"])
        square = [[114.0, 30.0], [114.1, 30.0], [114.1, 30.1], [114.0, 30.1], [114.0, 30.0]]
        return Case({"unit_id": x}, {"boundary": {"type": "Polygon", "coordinates": [square]}}, target=x)

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

    async def residents(self) -> Case:
        shows = {"A": frozenset([self.id_of("resident_a")]), "B": frozenset([self.id_of("resident_b")])}
        masked = self.full["resident_a"] | self.full["resident_b"]
        return Case(query={"limit": "50"}, shows=shows, masked=masked)

    async def residents_with_the_phone_of_b(self) -> Case:
        case = await self.residents()
        phone = self.known["resident_b"]["phone"]
        return replace(case, query={"limit": "50", "phone": phone}, masked=case.masked - {phone})

    async def _corrected(self, **parts: str) -> Case:
        """`If-Match` says which version was seen."""
        a = self.id_of("resident_a")
        version = (await self.call("GET", f"/residents/{a}", "resident_a"))["version"]
        return Case(
            {"resident_id": a},
            parts,
            target=a,
            headers={"If-Match": f'"{version}"'},
            masked=self.full["resident_a"],
        )

    async def phone_to_correct(self) -> Case:
        return await self._corrected(phone=f"137{next(self._numbers):08d}")

    async def name_to_correct(self) -> Case:
        return await self._corrected(name=f"{self.known['resident_a']['name'][:-3]}{next(self._numbers):03d}")

    async def resident_to_reveal(self) -> Case:
        a = self.id_of("resident_a")
        return Case({"resident_id": a}, {"parts": ["phone", "address"], "reason": "A visit."}, target=a)

    async def resident_to_erase(self) -> Case:
        """A neighbour in X, who asks in A's part."""
        neighbour = UUID((await self._household("neighbour", "x"))["residents"][0]["id"])
        people = {"resident_a": Caller(neighbour, frozenset({"resident"}))}
        return Case(
            {"resident_id": str(neighbour)},
            {"reason": "Asked to be forgotten."},
            target=str(neighbour),
            people=people,
        )

    async def contact_of_task(self) -> Case:
        task, request, starts = uuid4(), uuid4(), datetime.now(UTC)
        about: dict[str, Any] = {
            "task_id": task, "request_id": request, "resident_id": self.people.subjects["resident_a"],
            "unit_id": self.people.units["x"],
        }  # fmt: skip
        await self.service.deliver(
            "contacts",
            TaskOpened(**about, skill="errand", starts_at=starts, ends_at=starts + timedelta(hours=2)),
            TaskAccepted(
                **about, offer_id=uuid4(), volunteer_id=uuid4(), person_id=self.people.subjects["volunteer"]
            ),
        )
        return Case({"work_id": str(task)}, target=str(task))

    async def contact_of_order(self) -> Case:
        order = uuid4()
        about: dict[str, Any] = {
            "order_id": order, "resident_id": self.people.subjects["resident_a"], "unit_id": self.people.units["x"],
            "service": "bath_help",
        }  # fmt: skip
        await self.service.deliver(
            "contacts",
            OrderBooked(**about, starts_at=datetime.now(UTC) + timedelta(days=1)),
            OrderAssigned(**about, provider_id=uuid4(), person_id=self.people.subjects["provider"]),
        )
        return Case({"work_id": str(order)}, target=str(order))

    async def contacts_of_both(self) -> Case:
        await self.contact_of_task()
        return await self.contact_of_order()

    async def own_data(self) -> Case:
        """Names change in these tests; where somebody lives does not."""
        shows = {
            owner: frozenset(
                [self.known[name]["address"], self.known[name]["id_number"], self.households[name]]
            )
            for owner, name in (("A", "resident_a"), ("B", "resident_b"))
        }
        # Delegates are told for whom they act.
        return Case(shows=shows, beside=frozenset([self.id_of("resident_a")]))

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

    async def appointment_of_x(self) -> Case:
        worker, unit = self.id_of("worker_x"), str(self.people.units["x"])
        appointed = await self.call(
            "POST",
            f"/staff/{worker}/appointments",
            "operator",
            post="worker",
            unit_id=unit,
            from_on="2026-01-01",
        )
        appointment = next(
            each["id"] for each in reversed(appointed["appointments"]) if each["ended_at"] is None
        )
        return Case({"staff_id": worker, "appointment_id": appointment}, target=appointment)
