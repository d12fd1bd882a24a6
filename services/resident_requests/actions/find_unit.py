"""Whose a new request is: what lies about in the open belongs to the unit where it lies, help at home to the unit of the home."""

from dataclasses import dataclass
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.working_time import WorkCalendar
from registry_replica.places import unit_at
from resident_requests import store
from resident_requests.rules.category import Category
from resident_requests.rules.likeness import Point


@dataclass(frozen=True, slots=True)
class Where:
    """`code` is None of a unit that is not known here yet."""

    unit_id: UUID
    code: str | None
    calendar: WorkCalendar


async def find_unit(tx: Tx, home: Where, category: Category, point: Point | None) -> Where:
    """Only a point of a public category is looked up: for everything else no question is asked, and it is of `home`."""
    if category.private or point is None:
        return home
    unit = await unit_at(tx, *point.position)
    if unit is None or unit.id == home.unit_id:
        return home
    return Where(unit.id, unit.code, (await store.calendars(tx, [unit.id]))[unit.id])
