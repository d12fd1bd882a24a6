"""Whose a new request is: what lies about in the open belongs to the unit where it lies, help at home to the unit of the home."""

from dataclasses import dataclass
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.working_time import WorkCalendar
from registry_replica.places import unit_at
from registry_replica.store import Resident
from resident_requests import store
from resident_requests.store import Filing


@dataclass(frozen=True, slots=True)
class Where:
    """`code` is None of a unit that is not known here yet."""

    unit_id: UUID
    code: str | None
    calendar: WorkCalendar


async def find_unit(
    tx: Tx, found: Filing, whose: Resident, longitude: float | None, latitude: float | None
) -> Where:
    """Only a point of a public category is looked up: for everything else no question is asked."""
    home = Where(whose.unit_id, found.unit_code, found.calendar)
    if found.category is None or found.category.private or longitude is None or latitude is None:
        return home
    unit = await unit_at(tx, longitude, latitude)
    if unit is None or unit.id == whose.unit_id:
        return home
    return Where(unit.id, unit.code, (await store.calendars(tx, [unit.id]))[unit.id])
