"""The gateway's worker reads the phone of somebody who has no account, to send them one message: that and no more, and written down."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest

PHONE = "13800138000"
CODE = "01/02/003"


@pytest.fixture
async def mother(registry: ServiceUnderTest) -> tuple[str, str]:
    """A resident with a phone, and the unit where she lives."""
    operator, parent = registry.caller("operator"), None
    for code, kind in (("01", "district"), ("01/02", "street"), (CODE, "community")):
        unit = {"code": code, "kind": kind, "name": code, "parent_id": parent}
        parent = (await registry.post("/units", json=unit, by=operator)).json()["id"]
    members = [{"name": "王秀英", "phone": PHONE, "id_number": "11010119900307803X"}]
    household = {"unit_id": parent, "address": "幸福路1号", "members": members}
    made = await registry.post("/households", json=household, by=operator)
    assert made.status_code == 201, made.text
    return made.json()["residents"][0]["id"], str(parent)


def _messenger(registry: ServiceUnderTest, unit: str | UUID, code: str = CODE) -> Caller:
    return registry.caller("messenger", posts=[("messenger", UUID(str(unit)), code)])


async def _reveal(registry: ServiceUnderTest, person: str, by: Caller, *parts: str) -> httpx.Response:
    body = {"parts": list(parts), "reason": "message 1"}
    return await registry.post(f"/residents/{person}/reveal", json=body, by=by)


async def _looks(registry: ServiceUnderTest) -> list[Any]:
    async with registry.tx() as tx:
        return await tx.fetch("SELECT actor, subject, object, reason FROM audit WHERE operation = 'look'")


async def test_a_messenger_of_her_unit_reads_the_phone_and_it_is_written_down(
    registry: ServiceUnderTest, mother: tuple[str, str]
) -> None:
    person, unit = mother
    by = _messenger(registry, unit)
    answer = await _reveal(registry, person, by, "phone")
    assert answer.json() == {"name": None, "phone": PHONE, "id_number": None, "address": None}
    [look] = await _looks(registry)
    assert (look["actor"], look["subject"], look["reason"]) == (by.subject, UUID(person), "message 1")
    assert look["object"]["what"] == "resident.phone"


@pytest.mark.parametrize("parts", [("name",), ("phone", "address"), ("id_number",)])
async def test_a_messenger_reads_nothing_else(
    registry: ServiceUnderTest, mother: tuple[str, str], parts: tuple[str, ...]
) -> None:
    person, unit = mother
    by = _messenger(registry, unit)
    assert (await _reveal(registry, person, by, *parts)).status_code == 403
    assert await _looks(registry) == []
    for path in (f"/residents/{person}", f"/residents?phone={PHONE}"):
        shown = await registry.get(path, by=by)
        assert shown.status_code == 404 or shown.json()["items"] == []


async def test_to_the_messenger_of_another_unit_there_is_nobody(
    registry: ServiceUnderTest, mother: tuple[str, str]
) -> None:
    person, _ = mother
    elsewhere = _messenger(registry, uuid4(), "01/02/00")
    answers = [await _reveal(registry, each, elsewhere, "phone") for each in (person, str(uuid4()))]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert PHONE not in answers[0].text
