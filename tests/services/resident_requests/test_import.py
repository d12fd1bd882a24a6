"""Reports of a city's open data: each line becomes a report or a named fault."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from event_contracts.resident_requests import RequestImported

from .conftest import Neighbourhood

GOOD = {
    "srnumber": "1-100",
    "requesttype": "Graffiti Removal",
    "status": "Closed",
    "createddate": "1/1/20 0:23",
    "latitude": "34.005",
    "longitude": "-118.263",
    "address": "700 block E 43RD PL, 90011",
    "nc": "125",
}


@pytest.fixture
async def city(here: Neighbourhood) -> Neighbourhood:
    body = {
        "zone": "America/Los_Angeles",
        "categories": {"Graffiti Removal": "graffiti"},
        "states": {"Closed": "closed", "Open": "submitted"},
        "areas": {"125": str(here.unit)},
    }
    answer = await here.service.put("/import-sources/la-2020", json=body, by=here.worker)
    assert answer.status_code == 200, answer.text
    return here


async def _import(city: Neighbourhood, *rows: dict[str, Any], key: str | None = None) -> Any:
    body = {"source": "la-2020", "rows": [{"line": n, "values": row} for n, row in enumerate(rows, 2)]}
    answer = await city.service.post("/requests/import", json=body, by=city.worker, key=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_report_that_is_over_keeps_its_own_time_and_starts_no_clock(city: Neighbourhood) -> None:
    result = await _import(city, GOOD)
    assert (result["imported"], result["refused"]) == (1, 0)
    [imported] = await city.service.published(RequestImported)
    assert imported.data.occurred_at.isoformat() == "2020-01-01T08:23:00+00:00"
    assert imported.data.state == "closed"
    assert imported.data.resident_id is None
    async with city.service.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM timer") == 0


async def test_a_row_without_coordinates_is_a_report_by_its_address(city: Neighbourhood) -> None:
    result = await _import(city, GOOD | {"latitude": "", "longitude": ""})
    assert result["imported"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"createddate": "2/30/20 1:00"}, "createddate"),
        ({"createddate": "13/1/20 1:00"}, "createddate"),
        ({"createddate": "3/8/20 2:30"}, "createddate"),
        ({"createddate": ""}, "createddate"),
        ({"requesttype": "Unicorns"}, "requesttype"),
        ({"status": "Lost"}, "status"),
        ({"nc": "999"}, "nc"),
        ({"address": "x" * 201}, "address"),
        ({"address": "a\u0000b"}, "address"),
        ({"srnumber": ""}, "srnumber"),
        ({"latitude": "north"}, "latitude"),
        ({"latitude": "NaN"}, "latitude"),
        ({"latitude": "", "longitude": "", "address": ""}, "address"),
    ],
)
async def test_a_bad_row_is_refused_by_name_and_the_others_go_in(
    city: Neighbourhood, change: dict[str, str], field: str
) -> None:
    result = await _import(city, GOOD, GOOD | {"srnumber": "1-bad"} | change, GOOD | {"srnumber": "1-101"})
    assert [row["outcome"] for row in result["rows"]] == ["imported", "refused", "imported"]
    assert [error["field"] for error in result["rows"][1]["errors"]] == [field]
    assert result["rows"][1]["line"] == 3
    assert len(await city.service.published(RequestImported)) == 2


async def test_a_repeated_number_is_one_report(city: Neighbourhood) -> None:
    first = await _import(city, GOOD, GOOD, GOOD | {"status": "Open"})
    assert [row["outcome"] for row in first["rows"]] == ["imported", "already_there", "refused"]
    assert first["rows"][2]["errors"][0]["field"] == "srnumber"
    again = await _import(city, GOOD)
    assert again["rows"][0]["outcome"] == "already_there"
    assert again["rows"][0]["request_id"] == first["rows"][0]["request_id"]
    assert len(await city.service.published(RequestImported)) == 1


async def test_only_staff_import_and_only_from_a_described_source(city: Neighbourhood) -> None:
    body = {"source": "la-2020", "rows": [{"line": 2, "values": GOOD}]}
    assert (await city.service.post("/requests/import", json=body, by=city.resident)).status_code == 403
    unknown = await city.service.post("/requests/import", json=body | {"source": "nowhere"}, by=city.worker)
    assert unknown.status_code == 404


async def test_a_source_maps_only_to_what_exists(here: Neighbourhood) -> None:
    body: dict[str, Any] = {"zone": "UTC", "categories": {"A": "unicorn"}, "states": {}, "areas": {}}
    answer = await here.service.put("/import-sources/x1", json=body, by=here.worker)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "categories.A"
    nowhere = body | {"categories": {}, "areas": {"1": str(uuid4())}}
    assert (await here.service.put("/import-sources/x1", json=nowhere, by=here.worker)).status_code == 404
    assert (
        await here.service.put("/import-sources/x1", json=body | {"zone": "Mars"}, by=here.worker)
    ).status_code == 422


@pytest.mark.parametrize("field", ["source", "category", "state", "area"])
async def test_a_nul_in_any_name_is_refused(here: Neighbourhood, field: str) -> None:
    if field == "source":
        body: dict[str, Any] = {"source": "a\x00b", "rows": [{"line": 2, "values": GOOD}]}
        answer = await here.service.post("/requests/import", json=body, by=here.worker)
    else:
        maps: dict[str, Any] = {"categories": {}, "states": {}, "areas": {}}
        maps |= {"category": {"categories": {"a\x00": "other"}}, "state": {"states": {"a\x00": "closed"}},
                 "area": {"areas": {"a\x00": str(here.unit)}}}[field]  # fmt: skip
        answer = await here.service.put("/import-sources/x1", json=maps | {"zone": "UTC"}, by=here.worker)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        # Los Angeles: 02:00 to 03:00 is skipped on 8 March, 01:00 to 02:00 comes twice on 1 November.
        ("3/8/20 1:59", "2020-03-08T09:59:00+00:00"), ("3/8/20 2:00", None), ("3/8/20 2:59", None),
        ("3/8/20 3:00", "2020-03-08T10:00:00+00:00"), ("11/1/20 0:59", "2020-11-01T07:59:00+00:00"),
        ("11/1/20 1:00", "2020-11-01T08:00:00+00:00"), ("11/1/20 1:59", "2020-11-01T08:59:00+00:00"),
        ("11/1/20 2:00", "2020-11-01T10:00:00+00:00"),
        # A time that London skips, and one that it has twice, are ordinary in Los Angeles.
        ("3/29/20 1:30", "2020-03-29T08:30:00+00:00"), ("10/25/20 1:30", "2020-10-25T08:30:00+00:00"),
    ],
)  # fmt: skip
async def test_a_time_is_read_by_the_clock_of_its_source_whatever_the_databases_zone(
    city: Neighbourhood, written: str, instant: str | None
) -> None:
    """K73. What the clock has twice is the first of the two; what it never shows is refused by name."""
    async with city.service.owner() as owner:
        database = await owner.fetchval("SELECT current_database()")
        await owner.execute(f"ALTER DATABASE \"{database}\" SET timezone = 'Europe/London'")
    result = await _import(city, GOOD | {"createddate": written})
    if instant is None:
        assert [fault["field"] for fault in result["rows"][0]["errors"]] == ["createddate"]
        return
    [imported] = await city.service.published(RequestImported)
    assert imported.data.occurred_at.isoformat() == instant
    shown = await city.service.get(f"/requests/{result['rows'][0]['request_id']}", by=city.worker)
    assert datetime.fromisoformat(shown.json()["occurred_at"]).isoformat() == instant
