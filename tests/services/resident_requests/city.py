"""A table of requests as large as a district's is after years, clustered in space and in words as a city's own data is."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import public_data
from platform_kit.acting import SYSTEM
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_requests.actions.print_words import print_words
from resident_requests.rules.likeness import Point, cell_of

UNITS = 90
PEOPLE = 100_000
COMMONEST = "bulky_items"
# One in so many is open; in the city's data, of a few days, nearly none. Of these every second one has been begun with, by the one
# worker of its unit, who was given as many again that are closed by now.
OPEN_EACH = 4
WORKERS = 1 << 40

_SAMPLE = (
    "n", "unit", "category", "latitude", "longitude", "cell", "prints",
)  # fmt: skip
_FILL = f"""
    WITH filed AS (
        INSERT INTO request (id, case_number, resident_id, filed_by, unit_id, category, state, latitude, longitude, occurred_at,
                             respond_by, resolve_by, due_at, assignee_id, version, created_at)
        SELECT uuidv7((serial - $4::int) * interval '1 second'), 'S' || serial, uuid_of(serial % {PEOPLE}), uuid_of(serial % {PEOPLE}), uuid_of(s.unit),
               s.category, state, s.latitude + (serial / 10000 % 10) * 0.00002, s.longitude, at, at, at + interval '5 days',
               CASE WHEN state <> 'closed' THEN at + interval '5 days' END,
               CASE WHEN serial % {2 * OPEN_EACH} < 2 THEN uuid_of({WORKERS} + s.unit) END, 1, at
        FROM generate_series($1::int, $2::int) AS g (serial) JOIN sample s ON s.n = serial % (SELECT count(*) FROM sample),
             LATERAL (SELECT $3::timestamptz + (serial - $4::int) * interval '1 second' AS at,
                             CASE WHEN serial % {2 * OPEN_EACH} = 0 THEN 'in_progress' WHEN serial % {OPEN_EACH} = 0 THEN 'submitted'
                             ELSE 'closed' END AS state) made
        ORDER BY serial
        RETURNING id, case_number, unit_id, category, state, occurred_at, latitude, longitude, due_at
    ), wound AS (
        INSERT INTO timer (kind, aggregate, due_at) SELECT 'promise', id, due_at FROM filed WHERE due_at IS NOT NULL
    )
    INSERT INTO likeness (request_id, case_number, category, unit_id, state, occurred_at, latitude, longitude, cell, prints)
    SELECT f.id, f.case_number, f.category, f.unit_id, f.state, f.occurred_at, f.latitude, f.longitude, s.cell, s.prints
    FROM filed f JOIN sample s ON s.n = substr(f.case_number, 2)::int % (SELECT count(*) FROM sample)
"""


# Under every third something else came, too: of any twenty of a unit under some.
_CONFLICTS = """
    INSERT INTO filing_conflict (id, request_id, content, sent_by, at)
    SELECT uuidv7(), id, ''::bytea, filed_by, created_at FROM request
    WHERE case_number = ANY (SELECT 'S' || serial FROM generate_series($1::int, $2::int) g (serial) WHERE serial % 3 = 0)
"""


def unit_of(number: int) -> UUID:
    return UUID(int=number)


def worker_of(unit: int) -> UUID:
    """Who has what was begun with there."""
    return UUID(int=WORKERS + unit)


@dataclass(frozen=True, slots=True)
class Busiest:
    """Where most of the commonest category were reported, and the number of the unit that has most in all."""

    point: Point
    unit: int


async def lay_out(owner: Tx, sealer: Sealer) -> Busiest:
    """The units, and the sample that the table is filled from: each report's place and words as they were."""
    await _as_the_system(owner)
    await owner.execute(
        "CREATE FUNCTION uuid_of(n bigint) RETURNS uuid LANGUAGE sql AS $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$"
    )
    await owner.execute(
        f"""
        INSERT INTO unit (id, kind, code, name, zone)
        SELECT uuid_of(n), 'community', '01/01/' || lpad(n::text, 3, '0'), 'x', 'Asia/Shanghai' FROM generate_series(0, {UNITS - 1}) n
        """
    )
    await owner.execute(
        """
        CREATE TABLE sample (n int PRIMARY KEY, unit int NOT NULL, category text NOT NULL, latitude float8 NOT NULL,
                             longitude float8 NOT NULL, cell bigint NOT NULL, prints int[] NOT NULL)
        """
    )
    await owner.copy_records_to_table("sample", records=list(_sample(sealer)), columns=_SAMPLE)
    point = await owner.fetchrow(
        f"""
        SELECT min(latitude) AS latitude, min(longitude) AS longitude FROM sample WHERE category = '{COMMONEST}'
        GROUP BY cell ORDER BY count(*) DESC LIMIT 1
        """
    )
    unit = await owner.fetchval("SELECT unit FROM sample GROUP BY unit ORDER BY count(*) DESC LIMIT 1")
    return Busiest(Point(*point), unit)


async def grow(owner: Tx, first: int, last: int, *, most: int, at: datetime) -> None:
    """Requests number `first` to `last`, one a second: number `most` at `at`."""
    await _as_the_system(owner)
    await owner.execute("SET LOCAL statement_timeout = 0")
    await owner.execute(_FILL, first, last, at, most, timeout=1200)
    await owner.execute(_CONFLICTS, first, last, timeout=1200)


async def _as_the_system(owner: Tx) -> None:
    await owner.execute("SELECT set_config('linli.caller', $1, true)", SYSTEM.setting)


def _sample(sealer: Sealer) -> Iterator[tuple[Any, ...]]:
    categories = {
        row["external"]: row["internal"]
        for row in csv.DictReader(public_data.MAPPING.open())
        if row["kind"] == "category"
    }
    number = 0
    for row in csv.DictReader(public_data.FILE.open()):
        if not row["latitude"] or row["requesttype"] not in categories:
            continue
        point = Point(float(row["latitude"]), float(row["longitude"]))
        prints = print_words(sealer, f"{row['requesttype']} {row['address']}")
        unit = int(row["nc"] or 0) % UNITS
        yield (
            number,
            unit,
            categories[row["requesttype"]],
            point.latitude,
            point.longitude,
            cell_of(point),
            prints,
        )
        number += 1
