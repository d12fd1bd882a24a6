"""Areas on the map: polygons of rings of positions, each (longitude, latitude) in degrees, as GeoJSON (RFC 7946) says them.

Straight lines on the map are straight here; of an area that crosses the 180th meridian each side is a polygon of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, floor, hypot, log2, radians
from typing import Any

import shapely
from shapely.geometry import MultiPolygon

Position = tuple[float, float]
# The first ring is the outline, the others are holes in it.
Polygon = Sequence[Sequence[Position]]

# A tenth of a metre: whoever stands on a line that was drawn is inside, however its corners were rounded.
EDGE = 1e-6
METRES_IN_A_DEGREE = 111_195.0

# Cells of 0.01° × 2^level: the globe is one cell of the last level.
_SMALLEST, _LEVELS = 0.01, 17
# Points are filed apart from areas, by cells of 0.16°.
_POINT_LEVEL, _POINTS = 4, 31


class NotAnArea(Exception):
    """`why` is one of: empty, open_ring, short_ring, outside, crosses."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Box:
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Area:
    shape: Any

    @property
    def bounds(self) -> Box:
        return Box(*self.shape.bounds)

    @property
    def binary(self) -> bytes:
        """Well-known binary, which `area` reads again."""
        written: bytes = shapely.to_wkb(self.shape)
        return written

    def covers(self, longitude: float, latitude: float, *, within: float = 0.0) -> bool:
        """Is it inside, on the edge, or at most so many degrees away?"""
        return bool(shapely.dwithin(self.shape, shapely.Point(longitude, latitude), within))

    def metres_to(self, position: Position) -> float:
        """As the map is flat about there; 0 inside."""
        flat = shapely.transform(self.shape, lambda corners: corners * (cos(radians(position[1])), 1.0))
        point = shapely.Point(position[0] * cos(radians(position[1])), position[1])
        return float(shapely.distance(flat, point)) * METRES_IN_A_DEGREE


def area(binary: bytes) -> Area:
    return Area(shapely.from_wkb(binary))


def drawn(polygons: Sequence[Polygon]) -> Area:
    """The area of these polygons; NotAnArea when they are none."""
    if not polygons or not all(polygons):
        raise NotAnArea("empty")
    for ring in (ring for polygon in polygons for ring in polygon):
        if len(ring) < 4:
            raise NotAnArea("short_ring")
        if tuple(ring[0]) != tuple(ring[-1]):
            raise NotAnArea("open_ring")
        if not all(-180 <= east <= 180 and -90 <= north <= 90 for east, north in ring):
            raise NotAnArea("outside")
    shape = MultiPolygon([(polygon[0], list(polygon[1:])) for polygon in polygons])
    if not shapely.is_valid(shape):
        raise NotAnArea("crosses")
    return Area(shape)


def around(longitude: float, latitude: float, metres: float) -> Box:
    """A box that holds everything so near, and little else."""
    north = metres / METRES_IN_A_DEGREE
    east = north / max(cos(radians(latitude)), 0.01)
    return Box(longitude - east, latitude - north, longitude + east, latitude + north)


def metres_between(one: Position, other: Position) -> float:
    """Of places that are near each other: as on a flat map of where they are."""
    east = (other[0] - one[0]) * cos(radians((one[1] + other[1]) / 2))
    return hypot(east, other[1] - one[1]) * METRES_IN_A_DEGREE


def cells_of(box: Box) -> list[int]:
    """Where an area is filed: at most four cells, as small as that lets them be. Rows with these numbers are found by an ordinary
    index under row-level security, which no index of PostgreSQL's own boxes is: their operators are not leak-proof."""
    side = max(box.east - box.west, box.north - box.south) + 2 * EDGE
    level = min(max(ceil(log2(side / _SMALLEST)), 0), _LEVELS - 1)
    grown = Box(box.west - EDGE, box.south - EDGE, box.east + EDGE, box.north + EDGE)
    return _cells(grown, level, level)


def cells_over(longitude: float, latitude: float) -> list[int]:
    """Where to look for the areas that may hold it: one cell of each level."""
    point = Box(longitude, latitude, longitude, latitude)
    return [cell for level in range(_LEVELS) for cell in _cells(point, level, level)]


def cells_within(box: Box) -> list[int]:
    """Where to look for points in the box; of a point, the one where it is filed."""
    return _cells(box, _POINT_LEVEL, _POINTS)


def _cells(box: Box, level: int, kind: int) -> list[int]:
    size = _SMALLEST * 2**level
    east, north = (
        range(floor(low / size), floor(high / size) + 1)
        for low, high in ((box.west, box.east), (box.south, box.north))
    )
    return [(kind << 40) | ((x + 2**19) << 20) | (y + 2**19) for x in east for y in north]
