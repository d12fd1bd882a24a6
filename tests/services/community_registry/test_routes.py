"""The registry through its public surface."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.community_registry import (
    AppointmentEnded,
    ConsentRecorded,
    HouseholdRegistered,
    ResidentRegistered,
    StaffAppointed,
    UnitOpened,
)
from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest

VALID_ID = "11010119900307803X"


async def _unit(registry: ServiceUnderTest, code: str, kind: str, parent: str | None = None) -> str:
    body = {"code": code, "kind": kind, "name": f"单位{code}", "parent_id": parent}
    answer = await registry.post("/units", json=body, by=registry.caller("operator"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
async def community(registry: ServiceUnderTest) -> str:
    district = await _unit(registry, "01", "district")
    street = await _unit(registry, "01/02", "street", district)
    return await _unit(registry, "01/02/003", "community", street)


def _worker(registry: ServiceUnderTest, unit: str, code: str = "01/02/003") -> Caller:
    return registry.caller(posts=[("worker", UUID(unit), code)])


async def _household(registry: ServiceUnderTest, unit: str, *members: dict[str, Any]) -> Any:
    body = {"unit_id": unit, "address": "幸福路1号", "members": list(members)}
    return await registry.post("/households", json=body, by=_worker(registry, unit))


@pytest.mark.usefixtures("community")
async def test_units_form_a_tree_and_are_published(registry: ServiceUnderTest) -> None:
    units = (await registry.get("/units", by=registry.caller("resident"))).json()
    assert [unit["code"] for unit in units] == ["01", "01/02", "01/02/003"]
    opened = await registry.published(UnitOpened)
    assert [event.data.code for event in opened] == ["01", "01/02", "01/02/003"]
    assert {event.version for event in opened} == {1}


@pytest.mark.parametrize(
    ("code", "kind", "under"),
    [
        ("01/09/001", "community", "01"),
        ("02", "community", None),
        ("01/04", "community", "01"),
        ("07", "street", "01"),
    ],
)
@pytest.mark.usefixtures("community")
async def test_a_unit_that_does_not_fit_the_tree_is_refused(
    registry: ServiceUnderTest, code: str, kind: str, under: str | None
) -> None:
    units = {
        u["code"]: u["id"] for u in (await registry.get("/units", by=registry.caller("resident"))).json()
    }
    body = {"code": code, "kind": kind, "name": "x", "parent_id": units[under] if under else None}
    answer = await registry.post("/units", json=body, by=registry.caller("operator"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "code"


async def test_a_household_is_registered_with_its_members_masked(
    registry: ServiceUnderTest, community: str
) -> None:
    answer = await _household(
        registry,
        community,
        {"name": "古丽米热·艾比布力", "phone": "+86 138 0013 8000"},
        {"name": "𠮷", "id_number": "11010119900307803x"},
    )
    assert answer.status_code == 201
    first, second = answer.json()["residents"]
    assert first["name"] == "古" + "*" * 8
    assert first["phone"] == "138****8000"
    assert second["name"] == "*"
    assert second["id_number"] == "1101**********803X"
    [household] = await registry.published(HouseholdRegistered)
    assert household.data.members == 2
    assert {str(e.data.resident_id) for e in await registry.published(ResidentRegistered)} == {
        first["id"],
        second["id"],
    }


async def test_what_is_stored_of_a_person_is_sealed(registry: ServiceUnderTest, community: str) -> None:
    await _household(registry, community, {"name": "王秀英", "phone": "13800138000", "id_number": VALID_ID})
    async with registry.tx() as tx:
        dump = str(
            await tx.fetch("SELECT r::text FROM resident r UNION ALL SELECT h::text FROM household h")
        ) + str(await tx.fetch("SELECT convert_from(payload, 'UTF8'), headers FROM outbox"))
    for secret in (
        "王秀英",
        "13800138000",
        VALID_ID,
        "幸福路",
        "王秀英".encode().hex(),
        VALID_ID.encode().hex(),
    ):
        assert secret not in dump


async def test_a_wrong_id_number_names_its_field(registry: ServiceUnderTest, community: str) -> None:
    answer = await _household(
        registry, community, {"name": "甲"}, {"name": "乙", "id_number": "110101199003078031"}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "members[1].id_number"
    assert not await registry.published(HouseholdRegistered)


async def test_one_id_number_is_one_person(registry: ServiceUnderTest, community: str) -> None:
    assert (await _household(registry, community, {"name": "甲", "id_number": VALID_ID})).status_code == 201
    again = await _household(
        registry, community, {"name": "乙"}, {"name": "丙", "id_number": VALID_ID.lower()}
    )
    assert again.status_code == 409
    assert again.json()["errors"][0]["path"] == "members[1].id_number"


async def test_a_stranger_learns_nothing(registry: ServiceUnderTest, community: str) -> None:
    resident = (await _household(registry, community, {"name": "甲"})).json()["residents"][0]["id"]
    path = f"/residents/{resident}"
    assert (
        await registry.get(path, by=registry.caller("resident", subject=UUID(resident)))
    ).status_code == 200
    assert (await registry.get(path, by=_worker(registry, community))).status_code == 200
    assert (await registry.get(path, by=registry.caller("resident"))).status_code == 404
    assert (await registry.get(path, by=_worker(registry, community, "01/02/00"))).status_code == 404
    assert (await registry.get(path)).status_code == 401


async def test_a_worker_registers_only_in_their_own_units(registry: ServiceUnderTest, community: str) -> None:
    body = {"unit_id": community, "address": "x", "members": [{"name": "甲"}]}
    elsewhere = registry.caller(posts=[("worker", uuid4(), "01/07")])
    assert (await registry.post("/households", json=body, by=elsewhere)).status_code == 404


async def test_a_delegate_with_consent_sees_the_resident(registry: ServiceUnderTest, community: str) -> None:
    members = (await _household(registry, community, {"name": "王奶奶"}, {"name": "女儿"})).json()[
        "residents"
    ]
    mother, daughter = (UUID(member["id"]) for member in members)
    path = f"/residents/{mother}"
    as_daughter = registry.caller("resident", subject=daughter)
    assert (await registry.get(path, by=as_daughter)).status_code == 404
    given = await registry.post(
        f"{path}/consents",
        json={"delegate_id": str(daughter)},
        by=registry.caller("resident", subject=mother),
    )
    assert given.status_code == 201
    assert (await registry.get(path, by=as_daughter)).status_code == 200
    [consent] = await registry.published(ConsentRecorded)
    assert consent.version == 2


async def test_a_resident_lets_a_worker_act_for_them(registry: ServiceUnderTest, community: str) -> None:
    resident = UUID((await _household(registry, community, {"name": "王奶奶"})).json()["residents"][0]["id"])
    operator = registry.caller("operator")
    staff = (await registry.post("/staff", json={"name": "李干部"}, by=operator)).json()["id"]
    consents, by = f"/residents/{resident}/consents", registry.caller("resident", subject=resident)
    assert (await registry.post(consents, json={"delegate_id": staff}, by=by)).status_code == 201
    elsewhere = registry.caller("worker", subject=UUID(staff))
    assert (await registry.get(f"/residents/{resident}", by=elsewhere)).status_code == 200
    assert (await registry.post(consents, json={"delegate_id": str(uuid4())}, by=by)).status_code == 404


async def test_a_worker_writes_down_that_others_may_act_and_never_that_they_may_themself(
    registry: ServiceUnderTest, community: str
) -> None:
    members = (await _household(registry, community, {"name": "王奶奶"}, {"name": "女儿"})).json()[
        "residents"
    ]
    mother, daughter = (member["id"] for member in members)
    operator = registry.caller("operator")
    staff = (await registry.post("/staff", json={"name": "李干部"}, by=operator)).json()["id"]
    worker = registry.caller(subject=UUID(staff), posts=[("worker", UUID(community), "01/02/003")])
    consents = f"/residents/{mother}/consents"
    refused = await registry.post(consents, json={"delegate_id": staff}, by=worker)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-yours")
    assert refused.json()["errors"][0]["path"] == "delegate_id"
    assert await registry.published(ConsentRecorded) == []
    assert (await registry.post(consents, json={"delegate_id": daughter}, by=worker)).status_code == 201
    herself = registry.caller("resident", subject=UUID(mother))
    assert (await registry.post(consents, json={"delegate_id": staff}, by=herself)).status_code == 201


async def test_registering_says_in_the_audit_who_was_registered(
    registry: ServiceUnderTest, community: str
) -> None:
    """Each of them: whoever asks for one person finds it."""
    household = (await _household(registry, community, {"name": "甲"}, {"name": "乙"})).json()
    body = {"name": "丙"}
    third = await registry.post(
        f"/households/{household['id']}/residents", json=body, by=_worker(registry, community)
    )
    rows = await registry.audited("register_household", "register_resident")
    expected = [*(each["id"] for each in household["residents"]), third.json()["id"]]
    assert [str(row["subject"]) for row in rows] == expected
    assert [row["object"]["id"] for row in rows] == [household["id"]] * 2 + expected[2:]
    assert {row["status"] for row in rows} == {201}


async def test_nobody_consents_for_somebody_else(registry: ServiceUnderTest, community: str) -> None:
    members = (await _household(registry, community, {"name": "甲"}, {"name": "乙"})).json()["residents"]
    first, second = (UUID(member["id"]) for member in members)
    answer = await registry.post(
        f"/residents/{first}/consents",
        json={"delegate_id": str(second)},
        by=registry.caller("resident", subject=second),
    )
    assert answer.status_code == 404


async def test_staff_are_appointed_to_posts(registry: ServiceUnderTest, community: str) -> None:
    operator = registry.caller("operator")
    staff = (await registry.post("/staff", json={"name": "李干部"}, by=operator)).json()
    body = {"post": "worker", "unit_id": community, "from_on": "2026-01-01", "until_on": None}
    answer = await registry.post(f"/staff/{staff['id']}/appointments", json=body, by=operator)
    assert answer.status_code == 201
    assert answer.json()["appointments"][0]["post"] == "worker"
    [appointed] = await registry.published(StaffAppointed)
    assert appointed.version == 2
    early = await registry.post(
        f"/staff/{staff['id']}/appointments", json=body | {"until_on": "2025-01-01"}, by=operator
    )
    assert early.status_code == 422
    assert early.json()["errors"][0]["path"] == "until_on"


@pytest.mark.parametrize("name", ["", " ", "x" * 51, "a\x00b"])
async def test_a_name_that_cannot_be_one_is_refused(
    registry: ServiceUnderTest, community: str, name: str
) -> None:
    answer = await _household(registry, community, {"name": name})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "members[0].name"


async def _appointed(registry: ServiceUnderTest, unit: str) -> tuple[str, str]:
    """A staff member, and their appointment."""
    operator = registry.caller("operator")
    staff = (await registry.post("/staff", json={"name": "李干部"}, by=operator)).json()
    body = {"post": "worker", "unit_id": unit, "from_on": "2026-01-01", "until_on": None}
    answer = await registry.post(f"/staff/{staff['id']}/appointments", json=body, by=operator)
    return staff["id"], answer.json()["appointments"][0]["id"]


async def test_an_appointment_ends_once_and_is_published(registry: ServiceUnderTest, community: str) -> None:
    operator = registry.caller("operator")
    staff, appointment = await _appointed(registry, community)
    path = f"/staff/{staff}/appointments/{appointment}/end"
    answer = await registry.post(path, by=operator)
    assert answer.status_code == 200
    assert answer.json()["appointments"][0]["ended_at"] is not None
    assert answer.json()["version"] == 3
    [ended] = await registry.published(AppointmentEnded)
    assert (str(ended.data.staff_id), str(ended.data.appointment_id)) == (staff, appointment)
    assert ended.version == 3
    again = await registry.post(path, by=operator)
    assert (again.status_code, again.json()["state"]) == (409, "ended")
    assert len(await registry.published(AppointmentEnded)) == 1
    read = await registry.get(f"/staff/{staff}", by=operator)
    assert read.json() == answer.json()


async def test_only_the_operator_ends_an_appointment_and_only_its_own_staffs(
    registry: ServiceUnderTest, community: str
) -> None:
    staff, appointment = await _appointed(registry, community)
    other, _ = await _appointed(registry, community)
    path = f"/staff/{staff}/appointments/{appointment}/end"
    for caller in (
        registry.caller(posts=[("district", UUID(community), "01")]),
        registry.caller("worker", subject=UUID(staff)),
    ):
        assert (await registry.post(path, by=caller)).status_code == 403
    assert (await registry.post(path)).status_code == 401
    operator = registry.caller("operator")
    for wrong in (
        f"/staff/{other}/appointments/{appointment}/end",
        f"/staff/{staff}/appointments/{uuid4()}/end",
        f"/staff/{uuid4()}/appointments/{appointment}/end",
    ):
        assert (await registry.post(wrong, by=operator)).status_code == 404
    assert await registry.published(AppointmentEnded) == []
    assert (await registry.post(path, by=operator)).status_code == 200
