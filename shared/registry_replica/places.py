"""Where units lie: the area of a community, or the one place where it is found. For services that must know whose a place is.

Such a service adds `tables.add_place_tables`, `migrate.create_places`, and `registry_replica(placed=on_unit_placed)`.
"""

from uuid import UUID

from event_contracts.community_registry import UnitPlaced
from platform_kit.db import Tx
from platform_kit.envelope import Received
from platform_kit.geometry import (
    EDGE,
    Box,
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
    """The unit in whose area that is, of several the lowest in the tree; otherwise the nearest that says where it is found.

    What is read is bounded by how many areas lie about there, and how many units are near.
    """
    rows = await tx.fetch(AREAS, cells_over(longitude, latitude), longitude, latitude, EDGE)
    areas = [(row["unit_id"], area(row["boundary"])) for row in rows]
    for within in (0.0, EDGE):
        if found := [unit_id for unit_id, shape in areas if shape.covers(longitude, latitude, within=within)]:
            return await _lowest(tx, found)
    near = around(longitude, latitude, NEAREST_WITHIN)
    by_distance = [
        (metres_between((longitude, latitude), (row["longitude"], row["latitude"])), row["unit_id"])
        for row in await tx.fetch(LOCATIONS, cells_within(near))
    ]
    metres, nearest = min(by_distance, default=(NEAREST_WITHIN + 1, None))
    return await unit(tx, nearest) if nearest is not None and metres <= NEAREST_WITHIN else None


async def _lowest(tx: Tx, unit_ids: list[UUID]) -> Unit | None:
    row = await tx.fetchrow(
        """
        SELECT * FROM unit WHERE id = ANY ($1)
        ORDER BY cardinality(string_to_array(code, '/')) DESC, code LIMIT 1
        """,
        unit_ids,
    )
    return load(Unit, row)
