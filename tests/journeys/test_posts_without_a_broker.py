"""The broker is away: nothing that the registry publishes arrives. Staff stay signed in, and a post that ended is not renewed."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.community_registry import AppointmentEnded, StaffAppointed, UnitOpened
from gateway_files import gateway_files
from journeys.front_door import listening
from platform_kit.testing import ServiceUnderTest, service_under_test

PASSWORD = "a long password"


@dataclass
class House:
    """The registry and the gateway in front of it; what one publishes reaches the other only by `tell`."""

    registry: ServiceUnderTest
    gateway: ServiceUnderTest
    street: UUID
    registry_is_up: AsyncExitStack

    async def appoint(self, staff: str, post: str) -> str:
        """At the registry; the appointment."""
        body = {"post": post, "unit_id": str(self.street), "from_on": "2020-01-01"}
        answer = await self.registry.post(f"/staff/{staff}/appointments", json=body, by=self.operator)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["appointments"][-1]["id"])

    async def end(self, staff: str, appointment: str) -> None:
        path = f"/staff/{staff}/appointments/{appointment}/end"
        assert (await self.registry.post(path, by=self.operator)).status_code == 200

    async def tell(self, *types: Any) -> None:
        """What was published of these so far."""
        for event in await self.registry.published(*types):
            await self.gateway.deliver("appointments", event.data)

    @property
    def operator(self) -> Any:
        return self.registry.caller("operator")

    async def staff(self) -> str:
        """Somebody at the registry, with an account."""
        answer = await self.registry.post("/staff", json={"name": "陈干部"}, by=self.operator)
        staff = str(answer.json()["id"])
        account = {
            "account": staff, "display_name": "陈干部", "kind": "password", "password": PASSWORD, "subject": staff, "roles": [],
        }  # fmt: skip
        opened = await self.gateway.post("/api/v1/auth/accounts", json=account, by=self.operator)
        assert opened.status_code == 200, opened.text
        return staff

    async def token(self, **credentials: str) -> Any:
        answer = await self.gateway.client.post("/api/v1/auth/token", json=credentials)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def signed_in(self, staff: str) -> Any:
        return await self.token(grant_type="password", account=staff, password=PASSWORD)

    async def renewed(self, token: Any) -> Any:
        return await self.token(grant_type="refresh", refresh_token=token["refresh_token"])

    async def posts(self, token: Any) -> list[str]:
        me = await self.gateway.get(
            "/api/v1/me", headers={"Authorization": f"Bearer {token['access_token']}"}
        )
        assert me.json()["roles"] == sorted({post["role"] for post in me.json()["posts"]})
        return [post["role"] for post in me.json()["posts"]]


@asynccontextmanager
async def _open(servers: Any, folder: Path) -> AsyncIterator[House]:
    files = gateway_files(folder, "the operator's own password")
    async with (
        AsyncExitStack() as stack,
        service_under_test("community_registry", servers.postgres_dsn) as registry,
    ):
        up = await stack.enter_async_context(AsyncExitStack())
        address = await up.enter_async_context(listening(registry.app))
        gateway = await stack.enter_async_context(
            service_under_test("resident_gateway", servers.postgres_dsn, registry_url=address, **files)
        )
        units: dict[str, str] = {}
        for code, kind in (("01", "district"), ("01/02", "street")):
            unit = {"code": code, "kind": kind, "name": code, "parent_id": units.get(code.rpartition("/")[0])}
            answer = await registry.post("/units", json=unit, by=registry.caller("operator"))
            assert answer.status_code == 201, answer.text
            units[code] = answer.json()["id"]
        for event in await registry.published(UnitOpened):
            await gateway.deliver("registry_replica", event.data)
        yield House(registry, gateway, UUID(units["01/02"]), up)


@pytest.fixture
async def house(servers: Any, tmp_path: Path) -> AsyncIterator[House]:
    async with _open(servers, tmp_path) as opened:
        yield opened


async def test_who_is_still_appointed_is_renewed_and_who_is_not_gains_nothing(house: House) -> None:
    chen, li = await house.staff(), await house.staff()
    await house.appoint(chen, "street")
    over = await house.appoint(chen, "finance")
    last = await house.appoint(li, "street")
    await house.tell(StaffAppointed)
    chens, lis = await house.signed_in(chen), await house.signed_in(li)
    assert (await house.posts(chens), await house.posts(lis)) == (["finance", "street"], ["street"])
    # From here on nothing arrives.
    await house.end(chen, over)
    await house.end(li, last)
    chens, lis = await house.renewed(chens), await house.renewed(lis)
    assert (await house.posts(chens), await house.posts(lis)) == (["street"], [])
    assert await house.posts(await house.signed_in(li)) == []
    # It is back: the same.
    await house.tell(AppointmentEnded)
    assert await house.posts(await house.renewed(chens)) == ["street"]


async def test_the_registry_gives_nothing_that_no_event_has_told_of(house: House) -> None:
    """A post that came during the outage waits for its event, like everywhere else."""
    chen = await house.staff()
    await house.appoint(chen, "street")
    await house.tell(StaffAppointed)
    token = await house.signed_in(chen)
    await house.appoint(chen, "finance")
    assert await house.posts(token := await house.renewed(token)) == ["street"]
    await house.tell(StaffAppointed)
    assert await house.posts(await house.renewed(token)) == ["finance", "street"]


async def test_when_the_registry_is_away_as_well_nobody_is_signed_out(house: House) -> None:
    chen = await house.staff()
    await house.appoint(chen, "street")
    await house.tell(StaffAppointed)
    token = await house.signed_in(chen)
    await house.registry_is_up.aclose()
    assert await house.posts(await house.renewed(token)) == ["street"]


async def test_a_person_whom_the_registry_does_not_know_keeps_what_was_told_of_them(house: House) -> None:
    """It says nothing about them: that is no word that something ended."""
    somebody = uuid4()
    account = {
        "account": "zhao", "display_name": "赵", "kind": "password", "password": PASSWORD, "subject": str(somebody), "roles": [],
    }  # fmt: skip
    await house.gateway.post("/api/v1/auth/accounts", json=account, by=house.operator)
    told = StaffAppointed(
        staff_id=somebody,
        appointment_id=uuid4(),
        post="street",
        unit_id=house.street,
        from_on="2020-01-01",
        until_on=None,
    )
    await house.gateway.deliver("appointments", told)
    assert await house.posts(await house.signed_in("zhao")) == ["street"]


async def test_pages_give_no_more_than_the_api(house: House) -> None:
    li = await house.staff()
    last = await house.appoint(li, "street")
    await house.tell(StaffAppointed)
    await house.end(li, last)
    client, here = house.gateway.client, {"Origin": "http://test"}
    form = {"account": li, "password": PASSWORD}
    for answer in (await client.post("/sign-in", data=form, headers=here), await client.get("/stay")):
        assert answer.status_code == 303
        assert await house.posts({"access_token": answer.cookies["linli_access"]}) == []
