"""Where a unit lies: who draws it, what is told of it, and what cannot be an area."""

from typing import Any
from uuid import uuid4

import pytest

from event_contracts.community_registry import UnitPlaced
from platform_kit.auth import Caller
from platform_kit.testing import ServiceUnderTest

SQUARE = [[114.0, 30.0], [114.1, 30.0], [114.1, 30.1], [114.0, 30.1], [114.0, 30.0]]
HOLE = [[114.04, 30.04], [114.06, 30.04], [114.06, 30.06], [114.04, 30.06], [114.04, 30.04]]
BOW = [[114.0, 30.0], [114.1, 30.1], [114.1, 30.0], [114.0, 30.1], [114.0, 30.0]]


def _polygon(*rings: Any) -> dict[str, Any]:
    return {"boundary": {"type": "Polygon", "coordinates": list(rings)}}


async def _unit(registry: ServiceUnderTest) -> Any:
    body = {"code": "01", "kind": "district", "name": "01", "parent_id": None}
    return (await registry.post("/units", json=body, by=registry.caller("operator"))).json()


def _officer(registry: ServiceUnderTest, unit: Any, role: str = "district") -> Caller:
    return registry.caller(posts=[(role, unit["id"], unit["code"])])


async def _set(registry: ServiceUnderTest, unit: Any, by: Caller, body: Any) -> Any:
    return await registry.put(f"/units/{unit['id']}/place", json=body, by=by)


async def test_what_is_drawn_is_shown_to_everybody_and_told_with_the_units_next_version(
    registry: ServiceUnderTest,
) -> None:
    unit = await _unit(registry)
    path = f"/units/{unit['id']}/place"
    nothing = await registry.get(path, by=registry.caller("resident"))
    assert nothing.json() == {"boundary": None, "location": None}
    body = _polygon(SQUARE, HOLE) | {"location": {"longitude": 114.02, "latitude": 30.02}}
    answer = await _set(registry, unit, _officer(registry, unit), body)
    assert answer.status_code == 200, answer.text
    shown = (await registry.get(path, by=registry.caller("resident"))).json()
    assert shown == answer.json()
    assert shown["boundary"] == {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE]]}
    [placed] = await registry.published(UnitPlaced)
    assert (str(placed.data.unit_id), placed.version) == (unit["id"], 2)
    assert placed.data.location == (114.02, 30.02)
    again = await _set(registry, unit, _officer(registry, unit), shown)
    assert again.json() == shown


async def test_what_is_not_told_again_is_not_kept(registry: ServiceUnderTest) -> None:
    unit = await _unit(registry)
    officer = _officer(registry, unit)
    await _set(registry, unit, officer, _polygon(SQUARE))
    await _set(registry, unit, officer, {"location": {"longitude": 114.0, "latitude": 30.0}})
    shown = (await registry.get(f"/units/{unit['id']}/place", by=officer)).json()
    assert shown == {"boundary": None, "location": {"longitude": 114.0, "latitude": 30.0}}


@pytest.mark.parametrize("role", ["worker", "street", "finance", "auditor"])
async def test_others_do_not_draw_it(registry: ServiceUnderTest, role: str) -> None:
    unit = await _unit(registry)
    answer = await _set(registry, unit, _officer(registry, unit, role), _polygon(SQUARE))
    assert answer.status_code in (403, 404)
    assert await registry.published(UnitPlaced) == []


async def test_nor_does_another_district(registry: ServiceUnderTest) -> None:
    unit = await _unit(registry)
    other = registry.caller(posts=[("district", uuid4(), "02")])
    unknown = await _set(registry, {"id": str(uuid4())}, other, _polygon(SQUARE))
    known = await _set(registry, unit, other, _polygon(SQUARE))
    assert (known.status_code, known.json()) == (404, unknown.json())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (_polygon(), "boundary"), (_polygon(SQUARE[:4]), "boundary"), (_polygon(SQUARE[:3]), "boundary"),
        (_polygon(BOW), "boundary"), (_polygon(HOLE, SQUARE), "boundary"),
        ({"boundary": {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}}, "boundary"),
        (_polygon([[114.0 + n * 1e-6, 30.0] for n in range(10_000)] + [[114.0, 30.1], [114.0, 30.0]]),
         "boundary.Polygon.coordinates[0]"),
        (_polygon(SQUARE) | {"location": {"longitude": 115.0, "latitude": 30.0}}, "location"),
        ({"location": {"longitude": 181.0, "latitude": 30.0}}, "location.longitude"),
        ({"boundary": {"type": "Point", "coordinates": [114.0, 30.0]}}, "boundary"),
    ],
)  # fmt: skip
async def test_what_is_no_area_is_refused_by_name(
    registry: ServiceUnderTest, body: dict[str, Any], field: str
) -> None:
    unit = await _unit(registry)
    answer = await _set(registry, unit, registry.caller("operator"), body)
    assert answer.status_code == 422, answer.text
    assert [error["path"] for error in answer.json()["errors"]] == [field]
    assert await registry.published(UnitPlaced) == []


async def test_many_rings_together_have_as_many_positions_as_one_may(registry: ServiceUnderTest) -> None:
    unit = await _unit(registry)
    ring = [[114.0 + n * 1e-6, 30.0] for n in range(6_000)] + [[114.0, 30.1], [114.0, 30.0]]
    answer = await _set(registry, unit, registry.caller("operator"), _polygon(ring, ring))
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "boundary")
    assert "10000" in answer.json()["errors"][0]["reason"] or "10000" in answer.json()["detail"]
