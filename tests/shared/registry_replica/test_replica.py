"""The replica, as a service keeps it: any order of topics, consents by the calendar of the resident's unit."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from event_contracts.community_registry import (
    ConsentRecorded,
    HouseholdRegistered,
    ResidentRegistered,
    UnitOpened,
)
from platform_kit.testing import ServiceUnderTest, service_under_test
from registry_replica.store import delegate_of, household, resident, unit, within


@pytest.fixture
async def keeper(servers: Any) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test("volunteer_matching", servers.postgres_dsn) as service:
        yield service


async def test_topics_may_come_in_any_order(keeper: ServiceUnderTest) -> None:
    for place, order in enumerate(permutations(range(3))):
        ids = unit_id, household_id, resident_id = uuid4(), uuid4(), uuid4()
        events = (
            UnitOpened(
                unit_id=unit_id, parent_id=None, kind="community", code=f"0{place}", name="x", zone="UTC"
            ),
            HouseholdRegistered(household_id=household_id, unit_id=unit_id, members=1),
            ResidentRegistered(resident_id=resident_id, household_id=household_id, unit_id=unit_id),
        )
        await keeper.deliver("registry_replica", *(events[n] for n in order))
        async with keeper.tx() as tx:
            found = (
                await unit(tx, unit_id),
                await household(tx, household_id),
                await resident(tx, resident_id),
            )
        assert tuple(each.id for each in found if each) == ids
    assert await keeper.parked() == []


async def test_a_consent_ends_with_its_day_in_the_units_zone(keeper: ServiceUnderTest) -> None:
    unit_id, mother, daughter = uuid4(), uuid4(), uuid4()
    await keeper.deliver(
        "registry_replica",
        UnitOpened(
            unit_id=unit_id, parent_id=None, kind="community", code="01", name="x", zone="Asia/Shanghai"
        ),
        ResidentRegistered(resident_id=mother, household_id=uuid4(), unit_id=unit_id),
        ConsentRecorded(resident_id=mother, delegate_id=daughter, until_on=date(2026, 3, 1)),
    )
    async with keeper.tx() as tx:
        assert await delegate_of(tx, mother, daughter, datetime(2026, 3, 1, 15, 59, tzinfo=UTC))
        assert not await delegate_of(tx, mother, daughter, datetime(2026, 3, 1, 16, 0, tzinfo=UTC))
        assert not await delegate_of(tx, daughter, mother, datetime(2026, 2, 1, tzinfo=UTC))


async def test_a_post_reaches_its_subtree_and_not_its_namesakes(keeper: ServiceUnderTest) -> None:
    unit_id = uuid4()
    opened = UnitOpened(
        unit_id=unit_id, parent_id=None, kind="community", code="01/02/003", name="x", zone="UTC"
    )
    await keeper.deliver("registry_replica", opened)
    expected = {
        "01": True,
        "01/02": True,
        "01/02/003": True,
        "01/02/00": False,
        "01/0": False,
        "01/02/0031": False,
    }
    async with keeper.tx() as tx:
        for code, reached in expected.items():
            caller = keeper.caller(posts=[("worker", uuid4(), code)])
            assert await within(tx, caller, unit_id, "worker") is reached, code
            assert not await within(tx, caller, unit_id, "district")
        assert not await within(tx, keeper.caller("worker"), unit_id)
