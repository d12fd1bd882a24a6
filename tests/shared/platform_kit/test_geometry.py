"""Areas and nearness, checked against a count of crossings written here and against the great circle."""

from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from platform_kit.geometry import (
    EDGE,
    Box,
    NotAnArea,
    area,
    around,
    cells_of,
    cells_over,
    cells_within,
    drawn,
    metres_between,
)

SQUARE = ((114.0, 30.0), (114.1, 30.0), (114.1, 30.1), (114.0, 30.1), (114.0, 30.0))
HOLE = ((114.04, 30.04), (114.06, 30.04), (114.06, 30.06), (114.04, 30.06), (114.04, 30.04))
# An L and a slope: nothing about it is straight up or down on one side.
BENT = ((114.0, 30.0), (114.1, 30.02), (114.07, 30.05), (114.1, 30.1), (114.02, 30.09), (114.0, 30.0))


def _inside(ring: tuple[tuple[float, float], ...], east: float, north: float) -> bool:
    """By how often a line to the east crosses the ring."""
    crossings = 0
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > north) != (y2 > north) and east < x1 + (north - y1) / (y2 - y1) * (x2 - x1):
            crossings += 1
    return crossings % 2 == 1


def _great_circle(one: tuple[float, float], other: tuple[float, float]) -> float:
    (x1, y1), (x2, y2) = (tuple(map(radians, place)) for place in (one, other))
    half = sin((y2 - y1) / 2) ** 2 + cos(y1) * cos(y2) * sin((x2 - x1) / 2) ** 2
    return 2 * 6_371_000 * asin(sqrt(half))


@given(st.floats(113.95, 114.15), st.floats(29.95, 30.15))
def test_what_is_inside_is_as_a_count_of_crossings_says(east: float, north: float) -> None:
    shape = drawn([[BENT]])
    inside = _inside(BENT, east, north)
    if inside:
        assert shape.covers(east, north, within=EDGE)
    elif shape.covers(east, north):
        # Only a line itself is counted differently.
        assert shape.shape.boundary.distance(shape.shape.intersection(Point(east, north))) < EDGE


@given(st.integers(0, len(BENT) - 2), st.floats(0, 1))
def test_a_point_on_an_edge_is_inside_however_it_was_rounded(side: int, part: float) -> None:
    (x1, y1), (x2, y2) = BENT[side], BENT[side + 1]
    east, north = round(x1 + part * (x2 - x1), 7), round(y1 + part * (y2 - y1), 7)
    assert drawn([[BENT]]).covers(east, north, within=EDGE)


def test_a_hole_is_outside_and_its_edge_is_not() -> None:
    shape = drawn([[SQUARE, HOLE]])
    assert shape.covers(114.02, 30.02)
    assert not shape.covers(114.05, 30.05, within=EDGE)
    assert shape.covers(114.04, 30.05)


def test_an_area_of_two_parts_is_read_back_as_it_was_written() -> None:
    beside = tuple((east + 0.2, north) for east, north in SQUARE)
    shape = area(drawn([[SQUARE], [beside]]).binary)
    assert shape.covers(114.25, 30.05)
    assert not shape.covers(114.15, 30.05)
    assert (shape.bounds.west, shape.bounds.east) == (114.0, 114.3)


@pytest.mark.parametrize(
    ("polygons", "why"),
    [
        ([], "empty"), ([[]], "empty"), ([[SQUARE[:3]]], "short_ring"), ([[SQUARE[:4]]], "open_ring"),
        ([[((181.0, 1.0), (182.0, 1.0), (182.0, 2.0), (181.0, 1.0))]], "outside"),
        ([[((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0))]], "crosses"),
        ([[SQUARE], [SQUARE]], "crosses"), ([[HOLE, SQUARE]], "crosses"),
    ],
)  # fmt: skip
def test_what_is_no_area_is_named(polygons: list[list[tuple[tuple[float, float], ...]]], why: str) -> None:
    with pytest.raises(NotAnArea) as refused:
        drawn(polygons)
    assert refused.value.why == why


@given(st.floats(-179, 179), st.floats(-75, 75), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_distances_are_those_of_the_great_circle(east: float, north: float, dx: float, dy: float) -> None:
    one, other = (east, north), (east + dx, north + dy)
    assert metres_between(one, other) == pytest.approx(_great_circle(one, other), rel=2e-3, abs=1)


@given(st.floats(-179, 179), st.floats(-75, 75), st.floats(1, 20_000), st.floats(-1, 1), st.floats(-1, 1))
def test_what_is_near_lies_in_the_box_around(
    east: float, north: float, metres: float, dx: float, dy: float
) -> None:
    box = around(east, north, metres)
    other = (east + dx / 2, north + dy / 2)
    if metres_between((east, north), other) <= metres * 0.99:
        assert box.west <= other[0] <= box.east
        assert box.south <= other[1] <= box.north


@given(
    st.floats(-179, 179),
    st.floats(-85, 85),
    st.floats(1e-6, 100),
    st.floats(1e-6, 80),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_an_area_is_found_by_every_point_in_it_and_filed_four_times_at_most(
    west: float, south: float, wide: float, high: float, across: float, up: float
) -> None:
    box = Box(west, south, min(west + wide, 180.0), min(south + high, 90.0))
    filed = cells_of(box)
    assert len(filed) <= 4
    east = min(max(box.west + across * (box.east - box.west), box.west), box.east)
    north = min(max(box.south + up * (box.north - box.south), box.south), box.north)
    assert set(filed) & set(cells_over(east, north))
    assert not set(filed) & set(cells_within(box)), "points are filed apart"


@given(st.floats(-179, 179), st.floats(-75, 75), st.floats(-1, 1), st.floats(-1, 1))
def test_a_point_that_is_near_is_found(east: float, north: float, dx: float, dy: float) -> None:
    other = (east + dx / 4, north + dy / 4)
    if metres_between((east, north), other) <= 19_900:
        [filed] = cells_within(Box(*other, *other))
        assert filed in cells_within(around(east, north, 20_000))
