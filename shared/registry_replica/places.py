"""Where units lie: the area of a community, or the one place where it is found. For services that must know whose a place is.

Such a service adds `tables.add_place_tables`, `migrate.create_places`, and `registry_replica(placed=on_unit_placed)`.
"""

from collections.abc import Sequence
from uuid import UUID

from event_contracts.community_registry import UnitPlaced
from platform_kit.db import Tx
from platform_kit.envelope import Received
from platform_kit.geometry import (
    EDGE,
    Box,
    Position,
    area,
    around,
    cells_of,
    cells_over,
    cells_within,
    drawn,
    metres_between,
)
from platform_kit.rows import load
from registry_replica.store import Unit, unit

# Whose place is farther from every unit than this is no unit's.
NEAREST_WITHIN = 20_000.0
# The kind of unit that has people who see to what lies about.
COMMUNITY = "community"

# No unit is joined here: a planner that thinks there are many would read all of them.
AREAS = """
    SELECT p.unit_id, p.boundary FROM unit_cell k JOIN unit_place p ON p.unit_id = k.unit_id
    WHERE k.cell = ANY ($1) AND $2 BETWEEN p.west - $4 AND p.east + $4 AND $3 BETWEEN p.south - $4 AND p.north + $4
"""
LOCATIONS = """
    SELECT p.unit_id, p.longitude, p.latitude FROM unit_cell k JOIN unit_place p ON p.unit_id = k.unit_id
    WHERE k.cell = ANY ($1)
"""


async def on_unit_placed(tx: Tx, event: Received[UnitPlaced]) -> None:
    placed = event.data
    shape = drawn(placed.boundary) if placed.boundary else None
    bounds = shape.bounds if shape else None
    longitude, latitude = placed.location or (None, None)
    await tx.execute("DELETE FROM unit_cell WHERE unit_id = $1", placed.unit_id)
    await tx.execute(
        """
        INSERT INTO unit_place (unit_id, boundary, west, south, east, north, longitude, latitude)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (unit_id) DO UPDATE
        SET boundary = excluded.boundary, west = excluded.west, south = excluded.south, east = excluded.east,
            north = excluded.north, longitude = excluded.longitude, latitude = excluded.latitude
        """,
        placed.unit_id,
        shape.binary if shape else None,
        *((bounds.west, bounds.south, bounds.east, bounds.north) if bounds else (None,) * 4),
        longitude,
        latitude,
    )
    cells = cells_of(bounds) if bounds else []
    if longitude is not None and latitude is not None:
        cells += cells_within(Box(longitude, latitude, longitude, latitude))
    await tx.execute(
        "INSERT INTO unit_cell (cell, unit_id) SELECT unnest($1::bigint[]), $2", cells, placed.unit_id
    )


async def unit_at(tx: Tx, longitude: float, latitude: float) -> Unit | None:
    """The community in whose area that is; otherwise the nearest one of the street or district in whose area it is, and
    otherwise the nearest that says where it is found. Streets and districts have an area to be seen on a map: what lies in it
    is never theirs.

    What is read is bounded by how many areas lie about there, and how many communities are near or of that street.
    """
    rows = await tx.fetch(AREAS, cells_over(longitude, latitude), longitude, latitude, EDGE)
    areas = {row["unit_id"]: area(row["boundary"]) for row in rows}
    units = await _units(tx, list(areas))
    for within in (0.0, EDGE):
        holding = [one for one in units if areas[one.id].covers(longitude, latitude, within=within)]
        if held := [one for one in holding if one.kind == COMMUNITY]:
            return held[0]
        for above in holding:
            if (nearest := await _nearest_below(tx, above, (longitude, latitude))) is not None:
                return nearest
    return await _nearest(tx, (longitude, latitude))


async def _nearest_below(tx: Tx, above: Unit, position: Position) -> Unit | None:
    """Of the communities below it that say where they are: how far their area is, or else the place where they are found."""
    rows = await tx.fetch(
        """
        SELECT u.id, p.boundary, p.longitude, p.latitude FROM unit u JOIN unit_place p ON p.unit_id = u.id
        WHERE u.kind = $2 AND starts_with(u.code, $1 || '/') AND (p.boundary IS NOT NULL OR p.longitude IS NOT NULL)
        """,
        above.code,
        COMMUNITY,
    )
    _, nearest = min(
        (
            (
                area(row["boundary"]).metres_to(position)
                if row["boundary"]
                else metres_between(position, (row["longitude"], row["latitude"])),
                row["id"],
            )
            for row in rows
        ),
        default=(None, None),
    )
    return await unit(tx, nearest) if nearest is not None else None


async def _nearest(tx: Tx, position: Position) -> Unit | None:
    near = around(*position, NEAREST_WITHIN)
    metres = {
        row["unit_id"]: metres_between(position, (row["longitude"], row["latitude"]))
        for row in await tx.fetch(LOCATIONS, cells_within(near))
    }
    found = [one for one in await _units(tx, list(metres)) if one.kind == COMMUNITY]
    nearest = min(found, key=lambda one: (metres[one.id], one.id), default=None)
    return nearest if nearest is not None and metres[nearest.id] <= NEAREST_WITHIN else None


async def _units(tx: Tx, unit_ids: Sequence[UUID]) -> list[Unit]:
    """The lowest in the tree first."""
    rows = await tx.fetch(
        """
        SELECT * FROM unit WHERE id = ANY ($1) ORDER BY cardinality(string_to_array(code, '/')) DESC, code
        """,
        unit_ids,
    )
    return [one for row in rows if (one := load(Unit, row))]
