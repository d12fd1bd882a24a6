"""The gateway's accounts and timelines. Behind it stands nobody: what it forwards is judged where it is answered."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from access.world import Case, World
from event_contracts.resident_requests import RequestSubmitted

SIDES = {"A": ("resident_a", "x"), "B": ("resident_b", "y")}

OPERATOR_PASSWORD = "the operator's own password"


class Gateway(World):
    async def settle(self) -> None:
        await super().settle()
        for owner, (name, _) in SIDES.items():
            shown = f"{owner}奶奶 {uuid4().hex[:8]}"
            await self._account(name, shown)
            self.told(owner, shown, self.id_of(name))

    async def _account(self, name: str, display_name: str) -> str:
        phone = f"138{uuid4().int % 10**8:08d}"
        account: dict[str, Any] = {
            "account": phone, "display_name": display_name, "kind": "code", "subject": self.id_of(name),
            "roles": ["resident"],
        }  # fmt: skip
        await self.call("POST", "/api/v1/auth/accounts", "operator", **account)
        return phone

    async def _filed(self, owner: str) -> str:
        """A request of theirs has come to their timeline."""
        name, place = SIDES[owner]
        number, subject = f"{uuid4().int % 10**9:09d}", self.people.subjects[name]
        request = RequestSubmitted(
            request_id=uuid4(), resident_id=subject, unit_id=self.people.units[place], case_number=number,
            category="errand", filed_by=subject, occurred_at=datetime.now(UTC),
        )  # fmt: skip
        await self.service.deliver("timeline", request)
        self.told(owner, request.request_id, number)
        return str(request.request_id)

    async def a_new_account(self) -> Case:
        return Case(
            json={
                "account": f"138{uuid4().int % 10**8:08d}", "display_name": "新账户", "kind": "code",
                "subject": str(uuid4()), "roles": ["district"],
            }
        )  # fmt: skip

    async def a_phone(self) -> Case:
        return Case(json={"phone": f"138{uuid4().int % 10**8:08d}"})

    async def a_password(self) -> Case:
        return Case(json={"grant_type": "password", "account": "operator", "password": OPERATOR_PASSWORD})

    async def oneself(self) -> Case:
        return Case(shows={owner: frozenset([self.id_of(name)]) for owner, (name, _) in SIDES.items()})

    async def timeline_of_a(self) -> Case:
        await self._filed("A")
        a = self.id_of("resident_a")
        return Case(query={"resident_id": a}, target=a)

    async def own_timelines(self) -> Case:
        shows = {owner: frozenset([await self._filed(owner)]) for owner in SIDES}
        return Case(query={"limit": "50"}, shows=shows)
