"""Somebody for whom a worker files has a phone in the registry and no account: they are told all the same, by the number that the
registry has at that moment. The registry and the gateway both are there, each on a port."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts import resident_requests as requests
from event_contracts.community_registry import ConsentRecorded, ResidentRegistered
from gateway_files import gateway_files
from journeys.front_door import listening
from platform_kit.testing import ServiceUnderTest, service_under_test

from .conftest import OPERATOR_PASSWORD, PHONE, Entrance
from .notified import NUMBER, Town

HERS, NEW = "13900139000", "13700137000"
CODE = "01/01/001"
RECEIVED = f"您的求助 {NUMBER} 已收到。"
QUESTION = f"您的求助 {NUMBER} 需要您补充说明,请联系社区答复。"
RESOLVED = f"您的求助 {NUMBER} 已办结,如未解决请联系社区。"
REJECTED = f"您的求助 {NUMBER} 未被受理,原因请联系社区了解。"


@dataclass
class House(Town):
    """`resident` has no account; `worker` files for her."""

    registry: ServiceUnderTest = field(kw_only=True)

    async def looks(self) -> list[Any]:
        async with self.registry.tx() as tx:
            rows = await tx.fetch(
                "SELECT subject, object, reason FROM audit WHERE operation = 'look' ORDER BY at"
            )
        return [(row["subject"], row["object"]["what"], row["reason"]) for row in rows]

    async def registered(self, phone: str | None) -> UUID:
        """Somebody of this community, as the registry knows them, and as it tells of them."""
        household = {
            "unit_id": str(self.unit),
            "address": "幸福路1号",
            "members": [{"name": "王秀英", "phone": phone}],
        }
        operator = self.registry.caller("operator")
        made = await self.registry.post("/households", json=household, by=operator)
        assert made.status_code == 201, made.text
        resident = UUID(made.json()["residents"][0]["id"])
        await self.settle(resident)
        return resident


@pytest.fixture
async def registry(servers: Any) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test("community_registry", servers.postgres_dsn) as service:
        yield service


@pytest.fixture
async def house(servers: Any, tmp_path: Path, registry: ServiceUnderTest) -> AsyncIterator[House]:
    files = gateway_files(tmp_path, OPERATOR_PASSWORD)
    async with (
        listening(registry.app) as behind,
        service_under_test("resident_gateway", servers.postgres_dsn, registry_url=behind, **files) as gateway,
    ):
        yield await _settled(Entrance(gateway, tmp_path / "messages"), registry)


async def _settled(entrance: Entrance, registry: ServiceUnderTest) -> House:
    house = House(entrance, registry=registry)
    await house.clock(10)
    parent: str | None = None
    for code, kind in (("01", "district"), ("01/01", "street"), (CODE, "community")):
        unit = {"code": code, "kind": kind, "name": code, "parent_id": parent}
        made = await registry.post("/units", json=unit, by=registry.caller("operator"))
        assert made.status_code == 201, made.text
        parent = made.json()["id"]
        await entrance.unit(UUID(parent), code)
    house.unit = UUID(parent)
    await entrance.appoint(house.worker, "worker", house.unit)
    house.resident = await house.registered(HERS)
    return house


async def test_who_has_no_account_is_told_by_the_phone_that_the_registry_has(house: House) -> None:
    """What was received, what is asked, what is done, what was declined: each once, in words for whoever cannot sign in."""
    request = await house.filed(by=house.worker)
    assert await house.sent(HERS) == [RECEIVED]
    await house.asked(request)
    await house.sent(HERS)
    await house.happens(request, requests.RequestWentOn, by="answer")
    await house.happens(request, requests.RequestResolved, resolved_by=house.worker)
    await house.sent(HERS)
    declined = await house.filed(by=house.worker)
    await house.happens(declined, requests.RequestRejected, reason="elsewhere")
    told = await house.sent(HERS)
    assert {text: told.count(text) for text in (RECEIVED, QUESTION, RESOLVED, REJECTED)} == {
        RECEIVED: 2, QUESTION: 1, RESOLVED: 1, REJECTED: 1
    }  # fmt: skip
    # That somebody had taken it up was over before it could be sent.
    assert {each for each in await house.deliveries() if each[0] != "sent"} == {("dropped", "overtaken", 1)}


async def test_every_reading_of_the_phone_is_written_down_and_the_number_stays_there(house: House) -> None:
    await house.filed(by=house.worker)
    assert await house.sent(HERS) == [RECEIVED]
    [(subject, what, reason)] = await house.looks()
    async with house.gateway.tx() as tx:
        message = await tx.fetchval("SELECT notification_id FROM delivery")
        tables = [
            row["tablename"]
            for row in await tx.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        kept = [str(await tx.fetch(f"SELECT t::text FROM {table} t")) for table in tables]
    assert (subject, what, reason) == (house.resident, "resident.phone", f"message {message}")
    assert not any(HERS in rows for rows in kept)


async def test_a_phone_that_was_corrected_is_the_one_that_rings(house: House) -> None:
    request = await house.filed(by=house.worker)
    await house.sent(HERS)
    worker = house.registry.caller(posts=[("worker", house.unit, CODE)])
    changed = await house.registry.patch(
        f"/residents/{house.resident}", json={"phone": NEW}, by=worker, headers={"If-Match": '"1"'}
    )
    assert changed.status_code == 200, changed.text
    await house.happens(request, requests.RequestRejected, reason="elsewhere")
    assert await house.sent(NEW) == [REJECTED]
    assert house.received(HERS) == [RECEIVED]


async def test_who_was_registered_a_moment_ago_is_told_when_that_has_come_here(house: House) -> None:
    """A worker registers them and files at once; the two are told by different topics."""
    household = {
        "unit_id": str(house.unit),
        "address": "幸福路1号",
        "members": [{"name": "李秀兰", "phone": NEW}],
    }
    made = await house.registry.post("/households", json=household, by=house.registry.caller("operator"))
    house.resident = UUID(made.json()["residents"][0]["id"])
    await house.filed(by=house.worker)
    assert await house.sent(NEW) == []
    assert await house.deliveries() == [("due", "not known yet", 1)]
    await house.settle(house.resident)
    await house.gateway.advance(timedelta(seconds=31))
    assert await house.sent(NEW) == [RECEIVED]


async def test_whom_nobody_knows_is_not_waited_for_for_ever(house: House) -> None:
    house.resident = uuid4()
    await house.filed(by=house.worker)
    await house.sent()
    await house.gateway.advance(timedelta(minutes=11))
    await house.sent()
    assert await house.deliveries() == [("dropped", "no phone", 2)]


async def test_the_same_event_again_rings_nobody_twice(house: House) -> None:
    submitted = requests.RequestSubmitted(
        **house.about(uuid4()), case_number=NUMBER, category="errand", filed_by=house.worker, occurred_at=await house.now()
    )  # fmt: skip
    for _ in range(2):
        await house.gateway.deliver("notifications", submitted, at=await house.now(), version=1)
        await house.sent(HERS)
    assert house.received(HERS) == [RECEIVED]


async def test_at_night_the_registry_is_not_even_asked(house: House) -> None:
    await house.clock(22)
    await house.filed(by=house.worker)
    await house.clock(6, 59)
    await house.gateway.fire_timers()
    assert await house.sent(HERS) == []
    assert await house.looks() == []
    await house.clock(7)
    await house.gateway.fire_timers()
    assert await house.sent(HERS) == [RECEIVED]


async def test_who_has_no_phone_there_either_fails_nobody(house: House) -> None:
    """Nor whoever was erased meanwhile."""
    house.resident = await house.registered(None)
    await house.filed(by=house.worker)
    house.resident = uuid4()
    await house.settle(house.resident)
    await house.filed(by=house.worker)
    await house.sent()
    assert await house.deliveries() == [("dropped", "no phone", 1)] * 2
    failed = await house.gateway.get("/api/v1/notifications/failed", by=house.gateway.caller("operator"))
    assert failed.json()["items"] == []


async def test_who_signs_in_by_phone_is_told_by_that_one_and_the_registry_is_not_asked(house: House) -> None:
    await house.entrance.open_account(subject=str(house.resident))
    request = await house.filed(by=house.worker)
    await house.asked(request)
    assert f"您的求助 {NUMBER} 需要您补充说明,请登录邻里答复。" in await house.sent(PHONE)
    assert house.received(HERS) == []
    assert await house.looks() == []


async def test_while_the_registry_does_not_answer_a_message_waits(
    servers: Any, tmp_path: Path, registry: ServiceUnderTest
) -> None:
    files = gateway_files(tmp_path, OPERATOR_PASSWORD)
    nowhere = "http://127.0.0.1:1"
    async with service_under_test(
        "resident_gateway", servers.postgres_dsn, registry_url=nowhere, **files
    ) as gateway:
        house = await _settled(Entrance(gateway, tmp_path / "messages"), registry)
        await house.filed(by=house.worker)
        assert await house.sent(HERS) == []
        [(state, reason, attempts)] = await house.deliveries()
        assert (state, attempts) == ("due", 1)
        assert reason is not None
        assert reason.startswith("registry")
        async with listening(registry.app) as behind:
            gateway.kit.settings.registry_url = behind
            await gateway.advance(timedelta(seconds=31))
            assert await house.sent(HERS) == [RECEIVED]


async def test_who_acts_for_somebody_is_told_as_a_follower_is(house: House) -> None:
    """As long as the consent holds, and not of what they did themselves."""
    daughter, lapsed = uuid4(), uuid4()
    today = (await house.now()).date()
    for delegate, until_on in ((daughter, today + timedelta(days=1)), (lapsed, today - timedelta(days=2))):
        await _consents(house, delegate, until_on)
    await house.entrance.open_account(subject=str(daughter))
    request = await house.filed(by=house.worker)
    await house.happens(request, requests.RequestResolved, resolved_by=house.worker)
    done = f"您关注的求助 {NUMBER} 已办结,如未解决请登录邻里告诉我们。"
    assert await house.sent(PHONE) == [done]
    assert await house.shown(daughter) == [done]
    assert await house.shown(lapsed) == []
    withdrawn = await house.filed(by=house.worker)
    await house.happens(withdrawn, requests.RequestWithdrawn, withdrawn_by=daughter)
    assert await house.shown(daughter) == [done]
    assert await house.shown(house.resident) != []


async def test_the_registry_is_not_asked_for_the_phone_of_who_would_not_be_told_any_more(
    house: House,
) -> None:
    """Her son's consent ended in the night."""
    request = await house.filed()
    await house.sent()
    son = await house.registered(NEW)
    today = (await house.now()).date()
    await _consents(house, son, today + timedelta(days=9))
    await house.clock(22)
    await house.happens(request, requests.RequestResolved, resolved_by=house.worker)
    await house.sent()
    await _consents(house, son, today - timedelta(days=2))
    await house.clock(7)
    await house.gateway.fire_timers()
    assert await house.sent(HERS) == [RECEIVED, RESOLVED]
    assert house.received(NEW) == []
    assert son not in [subject for subject, _, _ in await house.looks()]


async def _consents(house: House, delegate: UUID, until_on: date) -> None:
    await house.gateway.deliver(
        "registry_replica",
        ResidentRegistered(resident_id=delegate, household_id=uuid4(), unit_id=house.unit),
        ConsentRecorded(resident_id=house.resident, delegate_id=delegate, until_on=until_on),
        version=None,
    )
