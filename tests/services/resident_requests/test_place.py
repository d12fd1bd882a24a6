"""Whose a request is: what lies in the open is of the unit where it lies, help at home is of the home."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.community_registry import UnitOpened, UnitPlaced
from event_contracts.resident_requests import RequestFiledOtherwise, RequestSubmitted
from platform_kit.acting import acting_for
from platform_kit.auth import Caller
from platform_kit.geometry import EDGE, Box, around, cells_of, cells_over, cells_within, drawn
from platform_kit.ids import new_id
from registry_replica.places import AREAS, LOCATIONS, NEAREST_WITHIN, unit_at

from .conftest import Neighbourhood

# Two squares beside each other along 114.1 E; the left one is home.
LEFT = ((114.0, 30.0), (114.1, 30.0), (114.1, 30.1), (114.0, 30.1), (114.0, 30.0))
RIGHT = tuple((east + 0.1, north) for east, north in LEFT)


async def _placed(here: Neighbourhood, code: str, ring: Any = None, at: Any = None) -> UUID:
    unit = here.unit if code == "01/02/003" else uuid4()
    kind = ("district", "street", "community")[code.count("/")]
    opened = UnitOpened(unit_id=unit, parent_id=None, kind=kind, code=code, name=code, zone="Asia/Shanghai")
    events = [] if unit == here.unit else [opened]
    placed = UnitPlaced(unit_id=unit, boundary=((ring,),) if ring else None, location=at)
    await here.service.deliver("registry_replica", *events, placed)
    return unit


async def _filed(here: Neighbourhood, category: str, east: float, north: float, **more: Any) -> UUID:
    request = await here.submit(category=category, place={"longitude": east, "latitude": north}, **more)
    return UUID(request["unit_id"])


@pytest.fixture
async def beside(here: Neighbourhood) -> UUID:
    await _placed(here, "01/02/003", LEFT)
    return await _placed(here, "01/02/004", RIGHT)


async def test_what_lies_in_the_open_is_of_the_unit_where_it_lies(here: Neighbourhood, beside: UUID) -> None:
    assert await _filed(here, "graffiti", 114.15, 30.05) == beside
    assert await _filed(here, "graffiti", 114.05, 30.05) == here.unit
    told = [event.data.unit_id for event in await here.service.published(RequestSubmitted)]
    assert told == [beside, here.unit]


async def test_its_worker_has_it_in_their_list_and_the_homes_worker_has_not(
    here: Neighbourhood, beside: UUID
) -> None:
    request = await here.submit(category="graffiti", place={"longitude": 114.15, "latitude": 30.05})
    there = here.service.caller(posts=[("worker", beside, "01/02/004")])
    for worker, sees in ((there, True), (here.worker, False)):
        listed = (await here.service.get("/requests", by=worker)).json()["items"]
        assert (request["id"] in [item["id"] for item in listed]) == sees
    own = await here.service.get(f"/requests/{request['id']}", by=here.resident)
    assert own.status_code == 200


async def test_a_worker_writes_it_down_for_a_resident_wherever_it_lies(
    here: Neighbourhood, beside: UUID
) -> None:
    body = {"category": "graffiti", "words": "墙上", "resident_id": str(here.resident.subject), "channel": "phone",
            "place": {"longitude": 114.15, "latitude": 30.05}}  # fmt: skip
    answer = await here.service.post("/requests", json=body, by=here.worker)
    assert (answer.status_code, answer.json()["unit_id"]) == (201, str(beside))


async def _written(here: Neighbourhood, by: Caller, made: str, **more: Any) -> Any:
    """Down for the resident, of what lies in the community beside."""
    body = {"id": made, "category": "graffiti", "words": "墙上", "resident_id": str(here.resident.subject), "channel": "visit",
            "place": {"longitude": 114.15, "latitude": 30.05}}  # fmt: skip
    return await here.service.post("/requests", json=body | more, by=by)


# K69
async def test_what_was_written_down_elsewhere_and_is_sent_again_has_arrived(
    here: Neighbourhood, beside: UUID
) -> None:
    made, colleague = str(new_id()), here.service.caller(posts=[("worker", here.unit, "01/02/003")])
    author = str(colleague.subject)
    first = await _written(here, here.worker, made, author_id=author)
    assert (first.status_code, first.json()["unit_id"]) == (201, str(beside))
    there = here.service.caller(posts=[("worker", beside, "01/02/004")])
    for verb, body in (("triage", {"route": "community"}), ("start", None)):
        moved = await here.service.post(f"/requests/{made}/{verb}", json=body, by=there)
        assert moved.status_code == 200, moved.text
    for by in (here.worker, colleague):
        again = await _written(here, by, made, author_id=author)
        assert (again.status_code, again.json()["case_number"]) == (200, first.json()["case_number"])
        told = {name for name, value in again.json().items() if value not in (None, [])}
        assert {name: again.json()[name] for name in told} == {name: first.json()[name] for name in told}, (
            "what has become of it is not theirs to see"
        )
    assert len(await here.service.published(RequestSubmitted)) == 1


# K69
async def test_other_content_under_its_id_is_kept_beside_it_wherever_it_lies(
    here: Neighbourhood, beside: UUID
) -> None:
    made = str(new_id())
    first = (await _written(here, here.worker, made)).json()
    other = await _written(here, here.worker, made, words="地上")
    assert (other.status_code, other.json()["request"]["case_number"]) == (202, first["case_number"])
    there = here.service.caller(posts=[("worker", beside, "01/02/004")])
    [kept] = (await here.service.get(f"/requests/{made}/conflicts", by=there)).json()
    assert (kept["content"]["words"], kept["sent_by"]) == ("地上", str(here.worker.subject))
    own = (await here.service.get(f"/requests/{made}", by=here.resident)).json()
    assert own["words"] == "墙上"
    [told] = await here.service.published(RequestFiledOtherwise)
    assert (str(told.data.filing_id), told.data.unit_id) == (kept["id"], beside)
    again = await _written(here, here.worker, made, words="地上")
    assert again.json()["kept"] == kept["id"]
    assert len(await here.service.published(RequestFiledOtherwise)) == 1


@pytest.mark.usefixtures("beside")
async def test_an_id_under_which_others_wrote_something_down_elsewhere_is_taken(here: Neighbourhood) -> None:
    made = str(new_id())
    await _written(here, here.worker, made)
    stranger = here.service.caller(posts=[("worker", here.unit, "01/02/003")])
    neighbour = str((await here.neighbour()).subject)
    for by, more in ((stranger, {}), (here.worker, {"resident_id": neighbour})):
        answer = await _written(here, by, made, **more)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (409, "id")
    async with here.service.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM request") == 1
        assert await tx.fetchval("SELECT count(*) FROM filing_conflict") == 0


@pytest.mark.usefixtures("beside")
async def test_help_at_home_is_of_the_home_wherever_the_phone_is(here: Neighbourhood) -> None:
    assert await _filed(here, "errand", 114.15, 30.05) == here.unit


@pytest.mark.usefixtures("beside")
async def test_without_a_point_it_is_of_the_home(here: Neighbourhood) -> None:
    request = await here.submit(category="graffiti", place={"address": "幸福路"})
    assert UUID(request["unit_id"]) == here.unit


async def test_outside_of_every_area_it_is_of_the_nearest_that_is_found_somewhere(
    here: Neighbourhood, beside: UUID
) -> None:
    near = await _placed(here, "01/02/005", at=(114.3, 30.05))
    far = await _placed(here, "01/02/006", at=(114.35, 30.05))
    assert await _filed(here, "graffiti", 114.31, 30.05) == near
    assert await _filed(here, "graffiti", 114.34, 30.05) == far
    assert await _filed(here, "graffiti", 114.19, 30.05) == beside, (
        "an area goes before a place that is nearer"
    )
    assert await _filed(here, "graffiti", 116.0, 39.0) == here.unit, "what is near nobody is of the home"


WIDE = ((113.0, 29.0), (115.0, 29.0), (115.0, 31.0), (113.0, 31.0), (113.0, 29.0))


async def test_a_community_goes_before_the_street_and_the_district_that_hold_it(
    here: Neighbourhood, beside: UUID
) -> None:
    for code in ("01/02", "01"):
        await _placed(here, code, WIDE)
    assert await _filed(here, "graffiti", 114.15, 30.05) == beside
    assert await _filed(here, "graffiti", 114.05, 30.05) == here.unit


@pytest.mark.parametrize("drawn_units", [("01/02",), ("01",), ("01/02", "01")])
async def test_what_lies_in_no_community_is_of_the_nearest_of_the_street_and_never_the_streets(
    here: Neighbourhood, beside: UUID, drawn_units: tuple[str, ...]
) -> None:
    for code in drawn_units:
        await _placed(here, code, WIDE)
    assert await _filed(here, "graffiti", 114.25, 30.05) == beside
    assert await _filed(here, "graffiti", 113.5, 30.05) == here.unit
    # Nearer by its place on the map than the others are by their areas.
    found = await _placed(here, "01/02/005", at=(114.3, 30.05))
    assert await _filed(here, "graffiti", 114.29, 30.05) == found
    assert await _filed(here, "graffiti", 114.24, 30.05) == beside


async def test_a_community_of_another_street_is_nearer_and_it_is_still_of_the_street_where_it_lies(
    here: Neighbourhood, beside: UUID
) -> None:
    await _placed(here, "01/02", WIDE)
    await _placed(here, "01/09", [(east + 2.0, north) for east, north in WIDE])
    across = await _placed(here, "01/09/001", at=(115.01, 30.05))
    assert await _filed(here, "graffiti", 114.999, 30.05) == beside
    assert await _filed(here, "graffiti", 115.001, 30.05) == across


async def test_a_street_with_no_community_on_the_map_leaves_it_to_the_next_and_at_last_to_the_home(
    here: Neighbourhood,
) -> None:
    await _placed(here, "01/07", WIDE, at=(114.5, 30.5))
    assert await _filed(here, "graffiti", 114.5, 30.5) == here.unit, "nobody is on the map: of the home"
    district = await _placed(here, "01", WIDE, at=(114.5, 30.5))
    assert await _filed(here, "graffiti", 114.5, 30.5) == here.unit
    other = await _placed(here, "01/02/004", RIGHT)
    assert await _filed(here, "graffiti", 114.5, 30.5) == other
    assert other != district


async def test_the_office_of_a_street_is_nearest_and_it_is_of_the_nearest_community(
    here: Neighbourhood,
) -> None:
    await _placed(here, "01/02", at=(114.3, 30.05))
    near = await _placed(here, "01/02/005", at=(114.35, 30.05))
    assert await _filed(here, "graffiti", 114.3, 30.05) == near


async def test_a_point_on_the_line_between_two_is_of_one_of_them_and_always_the_same(
    here: Neighbourhood, beside: UUID
) -> None:
    assert {await _filed(here, "graffiti", 114.1, 30.01 + n * 0.03) for n in range(3)} == {here.unit}
    # An outer edge, missed by less than its corners were rounded.
    async with here.service.tx() as tx:
        found = await unit_at(tx, 114.2 + 5e-7, 30.05)
        assert found is not None
        assert found.id == beside
        assert await unit_at(tx, 114.2 + 5e-6, 30.05) is None


async def test_an_area_that_is_drawn_anew_holds_from_then_on(here: Neighbourhood, beside: UUID) -> None:
    before = await here.submit(category="graffiti", place={"longitude": 114.15, "latitude": 30.05})
    await here.service.deliver(
        "registry_replica", UnitPlaced(unit_id=beside, boundary=None, location=None), version=3
    )
    assert await _filed(here, "graffiti", 114.15, 30.05) == here.unit
    kept = await here.service.get(f"/requests/{before['id']}", by=here.resident)
    assert kept.json()["unit_id"] == str(beside)


async def test_among_ten_thousand_areas_few_are_looked_at(here: Neighbourhood) -> None:
    """Counted by PostgreSQL itself, under the rows' policies."""
    squares = [(uuid4(), 100 + n % 100 * 0.1, 20 + n // 100 * 0.1) for n in range(10_000)]
    async with here.service.tx() as tx:
        await tx.executemany(
            "INSERT INTO unit VALUES ($1, NULL, 'community', $2, 'x', 'UTC')",
            [(unit, f"09/{n}") for n, (unit, _, _) in enumerate(squares)],
        )
        rings = [
            tuple((east + x * 0.1, north + y * 0.1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0)))
            for _, east, north in squares
        ]
        await tx.executemany(
            "INSERT INTO unit_place VALUES ($1, $2, $3, $4, $5, $6, $3, $4)",
            [
                (unit, drawn([[ring]]).binary, *ring[0], *ring[2])
                for (unit, _, _), ring in zip(squares, rings, strict=True)
            ],
        )
        await tx.executemany(
            "INSERT INTO unit_cell VALUES ($2, $1)",
            [
                (unit, cell)
                for (unit, _, _), ring in zip(squares, rings, strict=True)
                for cell in cells_of(Box(*ring[0], *ring[2])) + cells_within(Box(*ring[0], *ring[0]))
            ],
        )
    async with here.service.owner() as owner:
        await owner.execute("ANALYZE unit_place, unit_cell, unit")
    place = (104.55, 24.55)
    async with here.service.tx(acting_for(here.resident)) as tx:
        found = await unit_at(tx, *place)
        assert found is not None
        assert found.code == f"09/{45 * 100 + 45}"
        for statement, values in (
            (AREAS, (cells_over(*place), *place, EDGE)),
            (LOCATIONS, (cells_within(around(*place, NEAREST_WITHIN)),)),
        ):
            told = await tx.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *values)
            plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
            assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 1000, plan
            assert _scanned_whole(plan) == set()


def _scanned_whole(plan: Any) -> set[str]:
    own = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return own.union(*(_scanned_whole(each) for each in plan.get("Plans", ())))
