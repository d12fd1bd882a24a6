"""The gateway with the code's own checks left out: what the database alone shows, as the service's role."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from barrier import UNSET, all_of, may_add, reached
from event_contracts.community_registry import ConsentRecorded, ResidentRegistered
from platform_kit.acting import NOBODY, SYSTEM, Acting, acting_for
from resident_gateway import store
from resident_gateway.rules.notification import Preferences, Subject
from resident_gateway.rules.timeline import Item

from .conftest import Entrance

TABLES = (
    "account", "one_time_code", "timeline_item", "unit", "resident", "household", "consent", "notification", "delivery",
    "notification_setting", "subject_state",
)  # fmt: skip


@pytest.fixture
async def people(entrance: Entrance) -> dict[str, Acting]:
    """A mother with an account, a code on its way and one thing on her timeline, and a daughter whom she let act for her."""
    gateway = entrance.gateway
    mother = await entrance.resident()
    await entrance.ask_code()
    daughter = uuid4()
    await gateway.deliver(
        "registry_replica",
        ResidentRegistered(resident_id=mother, household_id=uuid4(), unit_id=uuid4()),
        ConsentRecorded(resident_id=mother, delegate_id=daughter, until_on=None),
    )
    async with gateway.tx() as tx:
        await store.save_item(tx, Item(mother, uuid4(), "request", "submitted", 1, datetime.now(UTC)))
        await store.save_preferences(tx, mother, Preferences(), datetime.now(UTC))
        await store.save_subject(tx, Subject(uuid4(), "request", mother, None, None, "submitted", 1, 1))
    callers = {
        "mother": gateway.caller("resident", subject=mother),
        "daughter": gateway.caller("resident", subject=daughter),
        "stranger": gateway.caller("resident"),
        "worker": gateway.caller(posts=[("worker", uuid4(), "01")]),
        "auditor": gateway.caller(posts=[("auditor", uuid4(), "01")]),
        "operator": gateway.caller("operator"),
    }
    return {name: acting_for(each) for name, each in callers.items()} | {
        "the mother's id": Acting(str(mother))
    }


SEES = {
    "mother": {
        "account": 1,
        "timeline_item": 1,
        "resident": 1,
        "consent": 1,
        "notification": 1,
        "notification_setting": 1,
    },
    "daughter": {"timeline_item": 1, "resident": 1, "consent": 1},
    "stranger": {},
    "worker": {},
    "auditor": {},
    "operator": {"account": 1, "delivery": 1},
}


@pytest.mark.parametrize("who", SEES)
async def test_a_row_is_shown_to_whom_it_concerns(
    entrance: Entrance, people: dict[str, Acting], who: str
) -> None:
    assert await all_of(entrance.gateway, TABLES, people[who]) == SEES[who]


@pytest.mark.usefixtures("people")
async def test_neither_nobody_nor_unset_sees_anything(entrance: Entrance) -> None:
    for acting in (NOBODY, UNSET):
        assert await all_of(entrance.gateway, TABLES, acting) == {}


async def test_accounts_are_the_operators_and_the_rest_the_systems(
    entrance: Entrance, people: dict[str, Acting]
) -> None:
    for table in TABLES:
        for who in ("mother", "daughter", "stranger", "worker", "auditor"):
            theirs = who == "mother" and table in ("notification", "notification_setting")
            if table not in ("unit", "household"):
                adds = await may_add(entrance.gateway, table, people[who])
                assert adds is (theirs and table == "notification_setting")
            # What they were told they mark as read, how they want to be told they change; neither can they take away.
            assert await reached(entrance.gateway, table, people[who]) == int(theirs)
    assert await may_add(entrance.gateway, "account", people["operator"])
    assert not await may_add(entrance.gateway, "one_time_code", people["operator"])


@pytest.mark.parametrize(
    ("who", "items"), [("mother", 1), ("daughter", 1), ("stranger", 0), ("worker", 0), ("operator", 0)]
)
async def test_the_one_statement_of_a_timeline_shows_it_to_whom_it_concerns_and_leaves_nothing_behind(
    entrance: Entrance, people: dict[str, Acting], who: str, items: int
) -> None:
    """Asked for the mother's timeline, whoever asks; on one connection, so that the first asker's setting would be found."""
    mother = UUID(people["the mother's id"].setting)
    async with entrance.gateway.kit.db.connection() as tx:
        for acting, expected in (
            (SYSTEM, 1),
            (people[who], items),
            (UNSET, 0),
            (NOBODY, 0),
            (people[who], items),
        ):
            rows, _ = await store.timeline(tx, acting, mother, 50, None)
            assert len(rows) == expected
            assert await tx.fetchval("SELECT nullif(current_setting('linli.caller', true), '')") is None
            assert await tx.fetchval("SELECT count(*) FROM timeline_item") == 0


async def test_a_person_reads_their_own_timeline_and_no_other(entrance: Entrance, people: Any) -> None:
    mother = people["the mother's id"].setting
    path = f"/api/v1/me/timeline?resident_id={mother}"
    stranger = await entrance.gateway.get(path, by=entrance.gateway.caller("resident"))
    assert stranger.status_code == 404
    own = await entrance.gateway.get(path, by=entrance.gateway.caller("resident", subject=UUID(mother)))
    assert len(own.json()["items"]) == 1
