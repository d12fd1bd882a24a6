"""The registry with the code's own checks left out: what the database alone shows, as the service's role."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from barrier import UNSET, all_of, may_add, reached
from platform_kit.acting import NOBODY, Acting, acting_for
from platform_kit.testing import ServiceUnderTest

TABLES = ("unit", "household", "resident", "consent", "staff", "appointment")


@pytest.fixture
async def town(registry: ServiceUnderTest) -> dict[str, Acting]:
    """A mother and a son in one household, a friend in another of the next community whom she let act for her, and staff."""
    operator = registry.caller("operator")

    async def made(path: str, by: Any = operator, **body: Any) -> Any:
        answer = await registry.post(path, json=body, by=by)
        assert answer.status_code == 201, answer.text
        return answer.json()

    district = await made("/units", kind="district", code="01", name="区", zone="Asia/Shanghai")
    street = await made(
        "/units", kind="street", code="01/01", name="街", zone="Asia/Shanghai", parent_id=district["id"]
    )
    here, there = [
        await made(
            "/units", kind="community", code=code, name="社区", zone="Asia/Shanghai", parent_id=street["id"]
        )
        for code in ("01/01/001", "01/01/002")
    ]
    home = await made(
        "/households",
        unit_id=here["id"],
        address="幸福路 1 号",
        members=[{"name": "王秀英"}, {"name": "王小明"}],
    )
    other = await made("/households", unit_id=there["id"], address="幸福路 2 号", members=[{"name": "李四"}])
    mother, son = [UUID(each["id"]) for each in home["residents"]]
    friend = UUID(other["residents"][0]["id"])
    as_mother = registry.caller("resident", subject=mother)
    await made(f"/residents/{mother}/consents", by=as_mother, delegate_id=str(friend))
    staff = UUID((await made("/staff", name="陈社工"))["id"])
    await made(f"/staff/{staff}/appointments", post="worker", unit_id=here["id"], from_on="2026-01-01")
    callers = {
        "operator": operator,
        "mother": as_mother,
        "son": registry.caller("resident", subject=son),
        "friend": registry.caller("resident", subject=friend),
        "stranger": registry.caller("resident"),
        "worker": registry.caller(subject=staff, posts=[("worker", UUID(here["id"]), "01/01/001")]),
        "worker there": registry.caller(posts=[("worker", UUID(there["id"]), "01/01/002")]),
        "street": registry.caller(posts=[("street", UUID(street["id"]), "01/01")]),
        "worker elsewhere": registry.caller(posts=[("worker", uuid4(), "01/02")]),
        "volunteer": registry.caller("volunteer"),
        "finance": registry.caller(posts=[("finance", UUID(district["id"]), "01")]),
    }
    return {name: acting_for(caller) for name, caller in callers.items()}


SEES = {
    "operator": {"household": 2, "staff": 1, "appointment": 1},
    "mother": {"household": 1, "resident": 1, "consent": 1},
    "son": {"household": 1, "resident": 1},
    "friend": {"household": 2, "resident": 2, "consent": 1},
    "stranger": {},
    "worker": {"household": 1, "resident": 2, "consent": 1, "staff": 1, "appointment": 1},
    "worker there": {"household": 1, "resident": 1},
    "street": {"household": 2, "resident": 3},
    "worker elsewhere": {},
    "volunteer": {},
    "finance": {},
}


@pytest.mark.parametrize("who", SEES)
async def test_a_row_is_shown_to_whom_it_concerns(
    registry: ServiceUnderTest, town: dict[str, Acting], who: str
) -> None:
    assert await all_of(registry, TABLES, town[who]) == {"unit": 4} | SEES[who]


@pytest.mark.usefixtures("town")
async def test_nobody_sees_the_units_and_unset_sees_nothing(registry: ServiceUnderTest) -> None:
    assert await all_of(registry, TABLES, NOBODY) == {"unit": 4}
    assert await all_of(registry, TABLES, UNSET) == {}


@pytest.mark.parametrize("who", ["stranger", "worker elsewhere", "volunteer", "finance", "street"])
async def test_who_registers_nobody_writes_nothing(
    registry: ServiceUnderTest, town: dict[str, Acting], who: str
) -> None:
    for table in TABLES:
        assert await reached(registry, table, town[who]) == 0
        assert not await may_add(registry, table, town[who])


async def test_staff_and_posts_are_the_operators_alone(
    registry: ServiceUnderTest, town: dict[str, Acting]
) -> None:
    for table in ("staff", "appointment", "unit"):
        assert await may_add(registry, table, town["operator"])
        for who in ("mother", "worker", "worker there"):
            assert await reached(registry, table, town[who]) == 0
            assert not await may_add(registry, table, town[who])


async def test_a_worker_registers_in_their_own_community(
    registry: ServiceUnderTest, town: dict[str, Acting]
) -> None:
    """The row that is copied is the first household's."""
    for table in ("household", "resident"):
        assert await may_add(registry, table, town["worker"])
        assert not await may_add(registry, table, town["worker there"])
