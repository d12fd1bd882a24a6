"""Who sees, corrects, reaches and erases a resident; what is masked stays masked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from event_contracts.community_registry import ResidentCorrected, ResidentErased
from event_contracts.paid_services import OrderAssigned, OrderBooked, OrderCancelled, OrderCompleted
from event_contracts.volunteer_matching import (
    TaskAccepted,
    TaskCancelled,
    TaskDone,
    TaskOpened,
    TaskReopened,
)
from platform_kit.auth import Caller
from platform_kit.money import Money
from platform_kit.testing import ServiceUnderTest

PHONE, OTHER_PHONE = "13800138000", "13900139000"
ID_NUMBER = "11010119900307803X"
ADDRESS = "幸福路1号3单元502"
NEXT_YEAR = datetime.now(UTC) + timedelta(days=365)


@dataclass
class Home:
    """A household of two, with a daughter elsewhere who may act for the mother, and staff here and there."""

    registry: ServiceUnderTest
    unit: UUID
    household: str
    mother: str
    father: str
    daughter: str
    operator: Caller
    worker: Caller
    street: Caller
    district: Caller
    other_worker: Caller

    def resident(self, resident_id: str) -> Caller:
        return self.registry.caller("resident", subject=UUID(resident_id))

    async def read(self, resident_id: str, by: Caller) -> Any:
        answer = await self.registry.get(f"/residents/{resident_id}", by=by)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def patch(self, resident_id: str, by: Caller, seen: int | None = None, /, **body: Any) -> Any:
        seen = seen or (await self.read(resident_id, self.worker))["version"]
        return await self.registry.patch(
            f"/residents/{resident_id}", json=body, by=by, headers={"If-Match": f'"{seen}"'}
        )

    async def revealed(self, resident_id: str) -> Any:
        body = {"parts": ["name", "phone", "id_number", "address"], "reason": "电话核实"}
        answer = await self.registry.client.post(
            f"/residents/{resident_id}/reveal", json=body, headers=self.registry.headers(self.worker)
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def find(self, by: Caller, phone: str | None = None) -> list[str]:
        query = f"?phone={phone}" if phone else ""
        answer = await self.registry.get(f"/residents{query}", by=by)
        assert answer.status_code == 200, answer.text
        return sorted(each["id"] for each in answer.json()["items"])

    async def erase(self, resident_id: str, by: Caller | None = None) -> Any:
        return await self.registry.post(
            f"/residents/{resident_id}/erase", json={"reason": "本人申请"}, by=by or self.operator
        )


@pytest.fixture
async def home(registry: ServiceUnderTest) -> Home:
    operator = registry.caller("operator")
    units: dict[str, str] = {}
    for code, kind in (
        ("01", "district"), ("01/02", "street"), ("01/02/003", "community"), ("01/02/004", "community"),
    ):  # fmt: skip
        body = {"code": code, "kind": kind, "name": code, "parent_id": units.get(code.rpartition("/")[0])}
        units[code] = (await registry.post("/units", json=body, by=operator)).json()["id"]

    def staff(role: str, code: str) -> Caller:
        return registry.caller(posts=[(role, UUID(units[code]), code)])

    async def move_in(code: str, *members: dict[str, Any]) -> Any:
        body = {"unit_id": units[code], "address": ADDRESS, "members": list(members)}
        return (await registry.post("/households", json=body, by=operator)).json()

    here = await move_in(
        "01/02/003", {"name": "王秀英", "phone": PHONE, "id_number": ID_NUMBER}, {"name": "李强", "phone": OTHER_PHONE}
    )  # fmt: skip
    there = await move_in("01/02/004", {"name": "李娜", "phone": "13700137000"})
    mother, father = (member["id"] for member in here["residents"])
    daughter = there["residents"][0]["id"]
    consent = await registry.post(
        f"/residents/{mother}/consents",
        json={"delegate_id": daughter},
        by=registry.caller("resident", subject=UUID(mother)),
    )
    assert consent.status_code == 201
    return Home(
        registry, UUID(units["01/02/003"]), here["id"], mother, father, daughter, operator,
        staff("worker", "01/02/003"), staff("street", "01/02"), staff("district", "01"), staff("worker", "01/02/004"),
    )  # fmt: skip


async def test_what_a_masked_reader_sends_back_overwrites_nothing(home: Home) -> None:
    """By the resident, a delegate and the worker: the whole body that they were given, as it is."""
    before = await home.revealed(home.mother)
    for by in (home.resident(home.mother), home.resident(home.daughter), home.worker):
        shown = await home.read(home.mother, by)
        assert "*" in shown["name"]
        assert "*" in shown["phone"]
        assert "*" in shown["id_number"]
        assert "*" in shown["address"]
        answer = await home.patch(home.mother, by, shown["version"], **shown)
        assert answer.status_code == 200, answer.text
        assert answer.json() == shown
    assert await home.revealed(home.mother) == before
    assert before == {"name": "王秀英", "phone": PHONE, "id_number": ID_NUMBER, "address": ADDRESS}
    assert await home.registry.published(ResidentCorrected) == []


async def test_a_change_beside_masked_values_changes_only_itself_and_the_answer_stays_masked(
    home: Home,
) -> None:
    by = home.resident(home.mother)
    shown = await home.read(home.mother, by)
    answer = await home.patch(home.mother, by, shown["version"], **{**shown, "phone": "+86 136 0013 6000"})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {**shown, "phone": "136****6000", "version": shown["version"] + 1}
    assert answer.headers["etag"] == f'"{shown["version"] + 1}"'
    assert (await home.revealed(home.mother)) == {
        "name": "王秀英", "phone": "13600136000", "id_number": ID_NUMBER, "address": ADDRESS,
    }  # fmt: skip
    [corrected] = await home.registry.published(ResidentCorrected)
    assert corrected.data.changed == ("phone",)
    assert "13600136000" not in corrected.data.model_dump_json()
    assert await home.find(home.worker, "13600136000") == [home.mother]
    assert await home.find(home.worker, PHONE) == []


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("phone", "139****9000"),
        ("id_number", "4408**********1234"),
        ("name", "张**"),
        ("address", "长江路****"),
    ],
)
async def test_a_mask_of_something_else_is_refused_by_name(home: Home, part: str, value: str) -> None:
    answer = await home.patch(home.mother, home.worker, **{part: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == part
    assert (await home.revealed(home.mother))["phone"] == PHONE


SOMEWHERE = "5b3d1d0e-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "operator"), ("roles", ["operator"]), ("active", False), ("organisation", SOMEWHERE), ("posts", []),
        ("unit_id", SOMEWHERE), ("household_id", SOMEWHERE), ("id", SOMEWHERE), ("version", 99),
        ("born_on", "1990-01-01"), ("phone", None),
    ],
)  # fmt: skip
async def test_a_profile_cannot_change_what_is_not_its_own_to_change(
    home: Home, field: str, value: Any
) -> None:
    before = await home.read(home.mother, home.worker)
    for by in (home.resident(home.mother), home.worker):
        answer = await home.patch(home.mother, by, **{field: value})
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["path"] == field
    assert await home.read(home.mother, home.worker) == before


async def test_a_resident_and_their_delegate_correct_phone_and_address_only(home: Home) -> None:
    for by in (home.resident(home.mother), home.resident(home.daughter)):
        for part, value in (("name", "王丽"), ("id_number", "110101199003076915")):
            answer = await home.patch(home.mother, by, **{part: value})
            assert answer.status_code == 403, answer.text
        address = f"幸福路2号{by.subject.hex[:4]}室"
        assert (await home.patch(home.mother, by, address=address)).status_code == 200
        assert (await home.revealed(home.father))["address"] == address, "they live together"
    assert (await home.patch(home.mother, home.worker, name="王丽")).status_code == 200
    assert (await home.revealed(home.mother))["name"] == "王丽"


async def test_nobody_else_corrects_a_resident(home: Home) -> None:
    others = (home.resident(home.father), home.other_worker, home.registry.caller("volunteer"), home.street)
    for by in others:
        assert (await home.patch(home.mother, by, phone="13600136000")).status_code == 404
    assert (await home.revealed(home.mother))["phone"] == PHONE


async def test_a_change_needs_the_version_that_was_seen(home: Home) -> None:
    path, by = f"/residents/{home.mother}", home.worker
    seen = await home.registry.get(path, by=by)
    assert seen.headers["etag"] == f'"{seen.json()["version"]}"'
    without = await home.registry.patch(path, json={"phone": "13600136000"}, by=by)
    assert without.status_code == 428
    assert (await home.patch(home.mother, by, phone="13600136000")).status_code == 200
    stale = await home.patch(home.mother, by, seen.json()["version"], phone="13600136001")
    assert stale.status_code == 409
    assert (await home.revealed(home.mother))["phone"] == "13600136000"


async def test_an_id_number_that_another_has_is_refused(home: Home) -> None:
    answer = await home.patch(home.father, home.worker, id_number=ID_NUMBER)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["path"] == "id_number"


async def test_a_search_with_somebody_elses_phone_finds_only_ones_own(home: Home) -> None:
    """Count included: the list is all that there is."""
    father = home.resident(home.father)
    assert await home.find(father, PHONE) == []
    assert await home.find(father, OTHER_PHONE) == [home.father]
    assert await home.find(father) == [home.father]
    assert await home.find(home.resident(home.daughter)) == sorted([home.daughter, home.mother])
    assert await home.find(home.worker, PHONE) == [home.mother]
    assert await home.find(home.district, f"%2B86 {PHONE}") == [home.mother]
    assert await home.find(home.other_worker, PHONE) == []
    assert await home.find(home.worker) == []


async def test_a_full_value_is_shown_to_a_worker_of_the_unit_who_says_why(home: Home) -> None:
    path = f"/residents/{home.mother}/reveal"
    body = {"parts": ["id_number"], "reason": "核对低保申请"}
    with structlog.testing.capture_logs() as logs:
        answer = await home.registry.post(path, json=body, by=home.worker)
    assert answer.json() == {"name": None, "phone": None, "id_number": ID_NUMBER, "address": None}
    assert answer.headers["cache-control"] == "no-store"
    [look] = (await home.registry.audited("look"))[-1:]
    assert look["actor"] == home.worker.subject
    assert (str(look["subject"]), look["object"]["what"], look["reason"]) == (
        home.mother,
        "resident.id_number",
        "核对低保申请",
    )
    assert ID_NUMBER not in str(logs)
    for reason in ({}, {"reason": ""}, {"reason": "  "}):
        refused = await home.registry.post(path, json={"parts": ["id_number"], **reason}, by=home.worker)
        assert refused.status_code == 422
    async with home.registry.tx() as tx:
        assert not await tx.fetchval(
            "SELECT true FROM idempotency WHERE position($1 IN body) > 0", ID_NUMBER.encode()
        )


async def test_a_full_value_is_shown_to_nobody_else(home: Home) -> None:
    path, body = f"/residents/{home.mother}/reveal", {"parts": ["phone"], "reason": "好奇"}
    expected = {
        home.other_worker: 404, home.street: 403, home.district: 403, home.operator: 403,
        home.resident(home.father): 403, home.resident(home.daughter): 403,
    }  # fmt: skip
    for by, status in expected.items():
        assert (await home.registry.post(path, json=body, by=by)).status_code == status
    # That somebody tried is known.
    tried = [row for row in await home.registry.audited() if row["operation"] == "reveal_resident"]
    assert {(row["actor"], row["status"]) for row in tried} == {
        (by.subject, status) for by, status in expected.items()
    }
    assert {str(row["subject"]) for row in tried} == {home.mother}


def _task(home: Home, task_id: UUID) -> dict[str, Any]:
    return {"task_id": task_id, "request_id": uuid4(), "resident_id": UUID(home.mother), "unit_id": home.unit}


def _order(home: Home, order_id: UUID) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "resident_id": UUID(home.mother),
        "unit_id": home.unit,
        "service": "bath_help",
    }


async def _task_accepted(home: Home, holder: UUID, ends_at: datetime = NEXT_YEAR) -> UUID:
    task_id = uuid4()
    task = _task(home, task_id)
    await home.registry.deliver(
        "contacts",
        TaskOpened(**task, skill=None, starts_at=ends_at - timedelta(hours=2), ends_at=ends_at),
        TaskAccepted(**task, offer_id=uuid4(), volunteer_id=uuid4(), person_id=holder),
    )
    return task_id


async def test_whoever_accepted_a_task_sees_how_to_reach_the_resident_and_each_look_is_recorded(
    home: Home,
) -> None:
    volunteer = home.registry.caller("volunteer")
    task_id = await _task_accepted(home, volunteer.subject)
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            answer = await home.registry.get(f"/contacts/{task_id}", by=volunteer)
            assert answer.status_code == 200, answer.text
    contact = answer.json()
    assert (contact["name"], contact["phone"], contact["address"]) == ("王**", PHONE, ADDRESS)
    looks = [(str(row["actor"]), str(row["subject"])) for row in await home.registry.audited("look")]
    assert looks == [(str(volunteer.subject), home.mother)] * 2
    assert PHONE not in str(logs)
    for other in (home.registry.caller("volunteer"), home.worker, home.operator, home.resident(home.father)):
        assert (await home.registry.get(f"/contacts/{task_id}", by=other)).status_code == 404


@pytest.mark.parametrize("ended", ["done", "cancelled", "stepped_back"])
async def test_the_contact_of_a_task_ends_with_it(home: Home, ended: str) -> None:
    volunteer = home.registry.caller("volunteer")
    task_id = await _task_accepted(home, volunteer.subject)
    task = _task(home, task_id)
    event = {
        "done": TaskDone(**task, volunteer_id=uuid4(), person_id=volunteer.subject, minutes=30),
        "cancelled": TaskCancelled(**task),
        "stepped_back": TaskReopened(**task, why="stepped_back"),
    }[ended]
    assert (await home.registry.get(f"/contacts/{task_id}", by=volunteer)).status_code == 200
    await home.registry.deliver("contacts", event)
    assert (await home.registry.get(f"/contacts/{task_id}", by=volunteer)).status_code == 404


async def test_a_task_that_nobody_checks_out_of_does_not_keep_a_contact_open(home: Home) -> None:
    volunteer = home.registry.caller("volunteer")
    task_id = await _task_accepted(home, volunteer.subject, datetime.now(UTC))
    assert (await home.registry.get(f"/contacts/{task_id}", by=volunteer)).status_code == 200
    await home.registry.advance(timedelta(days=3, minutes=1))
    assert (await home.registry.get(f"/contacts/{task_id}", by=volunteer)).status_code == 404


@pytest.mark.parametrize("ended", ["completed", "cancelled", "given to another"])
async def test_the_contact_of_an_order_is_the_assigned_providers_until_it_ends(
    home: Home, ended: str
) -> None:
    provider, order_id = home.registry.caller("provider"), uuid4()
    order, path = _order(home, order_id), f"/contacts/{order_id}"
    await home.registry.deliver("contacts", OrderBooked(**order, starts_at=NEXT_YEAR))
    assert (await home.registry.get(path, by=provider)).status_code == 404
    await home.registry.deliver(
        "contacts", OrderAssigned(**order, provider_id=uuid4(), person_id=provider.subject)
    )
    assert (await home.registry.get(path, by=provider)).json()["phone"] == PHONE
    event = {
        "completed": OrderCompleted(**order),
        "cancelled": OrderCancelled(**order, fee=Money(0, "CNY")),
        "given to another": OrderAssigned(**order, provider_id=uuid4(), person_id=uuid4()),
    }[ended]
    await home.registry.deliver("contacts", event)
    assert (await home.registry.get(path, by=provider)).status_code == 404


async def test_a_resident_is_told_all_that_is_held_about_them(home: Home) -> None:
    answer = await home.registry.get("/me/data/registry", by=home.resident(home.mother))
    held = answer.json()["held"]
    [resident], [household] = held["resident"], held["household"]
    assert (resident["name"], resident["phone"], resident["id_number"]) == ("王秀英", PHONE, ID_NUMBER)
    assert household["address"] == ADDRESS
    assert held["consent"][0]["delegate_id"] == home.daughter
    assert home.father not in answer.text
    assert OTHER_PHONE not in answer.text
    assert answer.json()["complete"] is True


async def test_an_erased_resident_is_gone_for_everybody_and_the_household_stays(home: Home) -> None:
    worker_saw = await home.registry.get(f"/households/{home.household}", by=home.worker)
    assert len(worker_saw.json()["residents"]) == 2
    volunteer = home.registry.caller("volunteer")
    task_id = await _task_accepted(home, volunteer.subject)
    answer = await home.erase(home.mother, home.district)
    assert answer.status_code == 200, answer.text
    [erased] = await home.registry.published(ResidentErased)
    assert str(erased.data.resident_id) == home.mother
    for by in (home.worker, home.resident(home.mother), home.resident(home.daughter)):
        assert (await home.registry.get(f"/residents/{home.mother}", by=by)).status_code == 404
    household = (await home.registry.get(f"/households/{home.household}", by=home.worker)).json()
    assert [each["id"] for each in household["residents"]] == [home.father]
    assert (await home.registry.get(f"/contacts/{task_id}", by=volunteer)).status_code == 404
    assert await home.find(home.worker, PHONE) == []
    assert (await home.revealed(home.father))["address"] == ADDRESS
    mine = await home.registry.get("/me/data/registry", by=home.resident(home.mother))
    assert mine.status_code == 200
    assert mine.json()["held"]["household"] == []
    assert mine.json()["held"]["resident"][0]["name"] is None
    assert (await home.erase(home.mother)).status_code == 404


async def test_of_an_erased_resident_neither_value_nor_blind_index_nor_key_is_left(home: Home) -> None:
    sealer = home.registry.kit.sealer
    needles = [
        sealer.blind_index(PHONE, for_="resident.phone"),
        sealer.blind_index(ID_NUMBER, for_="resident.id_number"),
    ]
    async with home.registry.tx() as tx:
        sealed = await tx.fetchrow(
            "SELECT r.name, r.phone, r.id_number, k.wrapped FROM resident r JOIN subject_key k ON k.subject = r.id"
            " WHERE r.id = $1",
            UUID(home.mother),
        )
        assert sealed is not None
    await home.erase(home.mother)
    await home.erase(home.father)
    async with home.registry.tx() as tx:
        tables = await tx.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        dump = ""
        for row in tables:
            dump += str(await tx.fetchval(f"SELECT string_agg(t::text, ' ') FROM {row['tablename']} t"))
        address = await tx.fetchval("SELECT address FROM household WHERE id = $1", UUID(home.household))
    assert address is None, "nobody is left there"
    for needle in (*needles, *sealed.values()):
        assert needle.hex() not in dump
    assert "王**" not in dump
    assert "138****8000" not in dump


async def test_an_erased_persons_id_number_may_be_registered_again(home: Home) -> None:
    await home.erase(home.mother)
    body = {"name": "王秀英", "id_number": ID_NUMBER}
    again = await home.registry.post(f"/households/{home.household}/residents", json=body, by=home.worker)
    assert again.status_code == 201, again.text


async def test_only_the_operator_and_the_district_erase(home: Home) -> None:
    elsewhere = home.registry.caller(posts=[("district", uuid4(), "02")])
    for by, status in (
        (home.worker, 403),
        (home.street, 403),
        (home.resident(home.mother), 403),
        (elsewhere, 404),
    ):
        assert (await home.erase(home.mother, by)).status_code == status
    assert (await home.read(home.mother, home.worker))["id"] == home.mother


async def test_a_repeated_call_about_an_erased_resident_changes_nothing_and_tells_nothing(home: Home) -> None:
    shown = await home.read(home.mother, home.worker)
    call = {
        "json": {"phone": "13600136000"}, "by": home.worker, "key": "once",
        "headers": {"If-Match": f'"{shown["version"]}"'},
    }  # fmt: skip
    path = f"/residents/{home.mother}"
    assert (await home.registry.patch(path, **call)).status_code == 200
    await home.erase(home.mother)
    again = await home.registry.patch(path, **call)
    assert (again.status_code, again.json()) == (200, {})


async def test_a_search_by_phone_is_written_down_also_when_it_finds_nobody(home: Home) -> None:
    """Four digits are masked: who may search without a trace finds the phone in ten thousand tries."""
    nobodys = "13800130000"
    for phone in (PHONE, nobodys, "138 0013 0000"):
        await home.find(home.worker, phone)
    await home.find(home.worker)
    looks = [
        row for row in await home.registry.audited("look") if row["object"]["what"] == "resident by phone"
    ]
    assert [row["subject"] for row in looks] == [UUID(home.mother), None, None]
    assert {row["actor"] for row in looks} == {home.worker.subject}
    searched = [row["object"]["phone"] for row in looks]
    assert searched[0] != searched[1] == searched[2]
    text = repr(looks)
    index = home.registry.kit.sealer.blind_index(PHONE, for_="resident.phone")
    for secret in (PHONE, nobodys, index.hex()):
        assert secret not in text
