"""Where a unit lies: what was drawn must be an area, and a place inside of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from platform_kit.geometry import EDGE, NotAnArea, Polygon, Position, drawn
from platform_kit.problems import InvalidInput, Text

# What an event can carry, and a map needs.
MOST_POSITIONS = 10_000

_WHY = {
    "empty": Text("It has no outline.", "缺少边界线。"),
    "short_ring": Text("A ring has four positions at least.", "每个环至少需要四个坐标。"),
    "open_ring": Text("A ring ends where it begins.", "每个环的终点必须与起点相同。"),
    "outside": Text("Positions are longitude and latitude, in degrees.", "坐标应为经度和纬度,以度为单位。"),
    "crosses": Text(
        "A line crosses or touches another where it may not, or a hole lies outside.",
        "边界线相互交叉或重叠,或孔位于边界之外。",
    ),
}
_MANY = Text(f"At most {MOST_POSITIONS} positions.", f"最多 {MOST_POSITIONS} 个坐标。")
_AWAY = Text("It lies outside of the boundary.", "该位置在边界之外。")


@dataclass(frozen=True, slots=True)
class Place:
    """`boundary` are polygons, None when nobody has drawn any; `location` is (longitude, latitude)."""

    boundary: Sequence[Polygon] | None
    location: Position | None


def checked(place: Place) -> Place:
    """The place, if it can be; InvalidInput otherwise."""
    if place.boundary is None:
        return place
    if sum(len(ring) for polygon in place.boundary for ring in polygon) > MOST_POSITIONS:
        raise InvalidInput(field="boundary", reason=_MANY)
    try:
        area = drawn(place.boundary)
    except NotAnArea as fault:
        raise InvalidInput(field="boundary", reason=_WHY[fault.why]) from fault
    if place.location is not None and not area.covers(*place.location, within=EDGE):
        raise InvalidInput(field="location", reason=_AWAY)
    return place
