"""Requests with the code's own checks left out: what the database alone shows, as the service's role."""

from uuid import uuid4

import pytest

from barrier import UNSET, all_of, may_add, reached, seen
from platform_kit.acting import NOBODY, SYSTEM, Acting, acting_for

from .conftest import Neighbourhood

TABLES = (
    "request", "comment", "breach", "likeness", "follower", "rating", "import_source", "category", "unit", "work_calendar", "resident", "household", "consent",
)  # fmt: skip
OPEN = {"category": 16, "unit": 1}
SOURCE = {
    "zone": "UTC",
    "categories": {"Graffiti Removal": "graffiti"},
    "states": {"Closed": "closed"},
    "areas": {},
}


@pytest.fixture
async def town(here: Neighbourhood) -> Neighbourhood:
    """One request of the mother, who has let her daughter act for her; one report of the city; a source of it."""
    await here.submit()
    source = SOURCE | {"areas": {"125": str(here.unit)}}
    answer = await here.service.put("/import-sources/la-2020", json=source, by=here.worker)
    assert answer.status_code == 200, answer.text
    values = {"srnumber": "1-100", "requesttype": "Graffiti Removal", "status": "Closed", "nc": "125",
              "createddate": "1/1/20 0:23", "latitude": "34.0", "longitude": "-118.2", "address": "x"}  # fmt: skip
    rows = {"source": "la-2020", "rows": [{"line": 2, "values": values}]}
    answer = await here.service.post("/requests/import", json=rows, by=here.worker)
    assert answer.json()["imported"] == 1, answer.text
    return here


def _acting(town: Neighbourhood, who: str) -> Acting:
    there = uuid4()
    callers = {
        "mother": town.resident,
        "daughter": town.daughter,
        "stranger": town.service.caller("resident"),
        "worker": town.worker,
        "district": town.service.caller(posts=[("district", there, "01")]),
        "worker elsewhere": town.service.caller(posts=[("worker", there, "01/02/004")]),
        "namesake": town.service.caller(posts=[("worker", there, "01/02/00")]),
        "worker without a post": town.service.caller("worker"),
        "volunteer": town.service.caller("volunteer"),
        "finance": town.service.caller(posts=[("finance", there, "01")]),
        "auditor": town.service.caller(posts=[("auditor", there, "01")]),
        "operator": town.service.caller("operator"),
    }
    return acting_for(callers[who])


SEES = {
    "mother": {"request": 1, "resident": 1, "consent": 1},
    "daughter": {"request": 1, "resident": 2, "consent": 1},
    "stranger": {},
    "worker": {"request": 2, "resident": 2, "import_source": 1},
    "district": {"request": 2, "resident": 2, "import_source": 1},
    "worker elsewhere": {"import_source": 1},
    "namesake": {"import_source": 1},
    "worker without a post": {"import_source": 1},
    "volunteer": {},
    "finance": {},
    "auditor": {},
    "operator": {"request": 1, "import_source": 1},
}


@pytest.mark.parametrize("who", SEES)
async def test_a_row_is_shown_to_whom_it_concerns(town: Neighbourhood, who: str) -> None:
    assert await all_of(town.service, TABLES, _acting(town, who)) == OPEN | SEES[who]


async def test_nobody_sees_what_is_public_and_unset_sees_nothing(town: Neighbourhood) -> None:
    assert await all_of(town.service, TABLES, NOBODY) == OPEN
    assert await all_of(town.service, TABLES, UNSET) == {}


@pytest.mark.parametrize(
    ("who", "changes", "files_as_she_did", "imports_as_they_did"),
    [
        ("mother", 1, True, False),
        ("daughter", 1, False, False),
        ("worker", 2, False, True),
        ("district", 2, False, False),
        ("stranger", 0, False, False),
        ("worker elsewhere", 0, False, False),
        ("volunteer", 0, False, False),
        ("finance", 0, False, False),
        ("operator", 0, False, False),
    ],
)
async def test_a_request_is_changed_by_whom_it_concerns_and_filed_under_ones_own_name(
    town: Neighbourhood, who: str, changes: int, files_as_she_did: bool, imports_as_they_did: bool
) -> None:
    acting = _acting(town, who)
    assert await reached(town.service, "request", acting) == changes
    filed, imported = [
        await may_add(town.service, "request", acting, like=which)
        for which in ("source IS NULL", "source IS NOT NULL")
    ]
    assert (filed, imported) == (files_as_she_did, imports_as_they_did)


@pytest.mark.parametrize("table", ["unit", "work_calendar", "resident", "household", "consent"])
async def test_the_replica_is_written_by_the_system_alone(town: Neighbourhood, table: str) -> None:
    for who in ("mother", "worker", "district", "operator"):
        assert await reached(town.service, table, _acting(town, who)) == 0
    assert await reached(town.service, table, SYSTEM) > 0 or table in ("household", "work_calendar")


@pytest.mark.parametrize(
    ("who", "changes"), [("mother", False), ("worker", False), ("district", True), ("operator", True)]
)
async def test_the_catalogue_is_changed_by_the_district(town: Neighbourhood, who: str, changes: bool) -> None:
    assert (await reached(town.service, "category", _acting(town, who)) > 0) == changes


@pytest.mark.parametrize(
    ("who", "known", "follows", "rates"),
    [
        ("mother", True, False, True),
        ("daughter", True, False, False),
        ("worker", True, False, False),
        ("neighbour", False, True, False),
        ("stranger", False, False, False),
        ("worker elsewhere", False, False, False),
    ],
)
async def test_what_is_known_in_public_is_written_by_whom_it_concerns_and_everybody_follows_for_themselves(
    town: Neighbourhood, who: str, known: bool, follows: bool, rates: bool
) -> None:
    neighbour = await town.neighbour()
    path = f"/requests/{(await town.submit(category='streetlight'))['id']}"
    for verb, body, by in (
        ("follow", None, neighbour), ("triage", {"route": "department"}, town.worker), ("start", None, town.worker),
        ("resolve", None, town.worker), ("rating", {"stars": 5}, town.resident),
    ):  # fmt: skip
        answer = await town.service.post(f"{path}/{verb}", json=body, by=by)
        assert answer.is_success, answer.text
    acting = acting_for(neighbour) if who == "neighbour" else _acting(town, who)
    assert await seen(town.service, "likeness", acting) == 1
    for table, mine in (("likeness", known), ("follower", follows)):
        assert (await reached(town.service, table, acting) > 0) == mine, table
    for table, mine in (("likeness", known), ("follower", follows), ("rating", rates)):
        assert await may_add(town.service, table, acting) == mine, table
