"""A row of a city's open data becomes a report, or a named fault per field: never a guess, never dropped."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from resident_requests.rules.request import State

# The columns of the MyLA311 export, which the import speaks.
NUMBER, KIND, STATUS, CREATED = "srnumber", "requesttype", "status", "createddate"
LATITUDE, LONGITUDE, ADDRESS, AREA = "latitude", "longitude", "address", "nc"
WRITTEN = "%m/%d/%y %H:%M"
LONGEST = {
    NUMBER: 40,
    KIND: 100,
    STATUS: 40,
    CREATED: 20,
    LATITUDE: 20,
    LONGITUDE: 20,
    ADDRESS: 200,
    AREA: 20,
}


@dataclass(frozen=True, slots=True)
class Source:
    """How one city's words map to ours; `zone` is the IANA zone of its local times."""

    name: str
    zone: str
    categories: Mapping[str, str]
    states: Mapping[str, str]
    areas: Mapping[str, UUID]
    default_area: UUID | None

    @property
    def units(self) -> frozenset[UUID]:
        """Where its reports may lie."""
        return frozenset(self.areas.values()) | ({self.default_area} if self.default_area else frozenset())


@dataclass(frozen=True, slots=True)
class Fault:
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """`content` is the hash of the whole row: the same number with other content is not the same report."""

    number: str
    category: str
    state: State
    occurred_at: datetime
    latitude: float | None
    longitude: float | None
    address: str
    unit_id: UUID
    content: bytes


@dataclass(frozen=True, slots=True)
class LineOutcome:
    line: int
    outcome: Literal["imported", "already_there", "refused"]
    request_id: UUID | None = None
    case_number: str | None = None
    faults: Sequence[Fault] = ()


def read(values: Mapping[str, str], source: Source) -> Report | list[Fault]:
    """The report in this row, or everything that is wrong with it."""
    faults = _unreadable(values)
    if faults:
        return faults
    row = {name: value.strip() for name, value in values.items()}
    category = source.categories.get(row.get(KIND, ""))
    state = source.states.get(row.get(STATUS, ""))
    unit_id = source.areas.get(row.get(AREA, ""), source.default_area)
    occurred_at = _instant(row.get(CREATED, ""), source.zone)
    point = _point(row.get(LATITUDE, ""), row.get(LONGITUDE, ""))
    address = row.get(ADDRESS, "")
    if not row.get(NUMBER):
        faults.append(Fault(NUMBER, "missing"))
    if category is None:
        faults.append(Fault(KIND, "unknown category"))
    if state is None:
        faults.append(Fault(STATUS, "unknown state"))
    if unit_id is None:
        faults.append(Fault(AREA, "unknown area"))
    if occurred_at is None:
        faults.append(Fault(CREATED, "no such date and time"))
    if point is None:
        faults.append(Fault(LATITUDE, "no such place"))
    elif point == (None, None) and not address:
        faults.append(Fault(ADDRESS, "neither coordinates nor an address"))
    if faults or category is None or state is None or unit_id is None or occurred_at is None or point is None:
        return faults
    return Report(
        row[NUMBER], category, State(state), occurred_at, *point, address, unit_id, _content(values)
    )


def _unreadable(values: Mapping[str, str]) -> list[Fault]:
    faults = []
    for name, value in values.items():
        if any(ord(character) < 32 for character in value):
            faults.append(Fault(name, "control characters"))
        elif any(0xD800 <= ord(character) <= 0xDFFF for character in value):
            faults.append(Fault(name, "not Unicode text"))
        elif len(value) > LONGEST.get(name, 400):
            faults.append(Fault(name, f"longer than {LONGEST.get(name, 400)} characters"))
    return faults


def _instant(text: str, zone: str) -> datetime | None:
    """The instant of a local time; None for one that the calendar or the zone does not have. Of one that the zone has twice, when
    its clocks are put back, it is the first: nobody knows which was meant."""
    try:
        local = datetime.strptime(text, WRITTEN).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        return None
    instant = local.astimezone(UTC)
    return (
        instant
        if instant.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)
        else None
    )


def _point(latitude: str, longitude: str) -> tuple[float | None, float | None] | None:
    """Both, or neither; None when they are no place on Earth."""
    if not latitude and not longitude:
        return None, None
    try:
        north, east = float(latitude), float(longitude)
    except ValueError:
        return None
    return (north, east) if -90 <= north <= 90 and -180 <= east <= 180 else None


def _content(values: Mapping[str, str]) -> bytes:
    lines = (f"{name}={value.strip()}" for name, value in sorted(values.items()))
    return hashlib.sha256("\n".join(lines).encode()).digest()
