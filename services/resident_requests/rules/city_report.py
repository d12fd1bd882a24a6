"""A row of a city's open data becomes a report, or a named fault per field: never a guess, never dropped."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from resident_requests.rules.request import OPEN, State

# The columns of the MyLA311 export, which the import speaks.
NUMBER, KIND, STATUS, CREATED = "srnumber", "requesttype", "status", "createddate"
LATITUDE, LONGITUDE, ADDRESS, AREA = "latitude", "longitude", "address", "nc"
# What was reported; the other columns follow its state.
_FACTS = (KIND, CREATED, LATITUDE, LONGITUDE, ADDRESS, AREA)
# Month, day, year of two figures (of 1969 to 2068), hour and minute, as in "1/31/20 0:05".
_WRITTEN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}) +(\d{1,2}):(\d{1,2})", re.ASCII)
# Control characters, and halves of characters, which are no text.
_UNWANTED = re.compile("[\x00-\x1f\ud800-\udfff]")
# `ended`: it is over at the city, and so it is here.
Came = Literal["imported", "already_there", "ended", "refused"]
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
    """How one city's words map to ours; `zone` is the IANA zone of its local times. `version` is 0 before it is kept."""

    name: str
    zone: str
    categories: Mapping[str, str]
    states: Mapping[str, str]
    areas: Mapping[str, UUID]
    default_area: UUID | None
    version: int = 0

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
    """`content` is the hash of the whole row: the same number with other content is not the same report. But its state goes on at
    the city, with dates and names in other columns: `facts` is the hash of what was reported, in the city's own words."""

    number: str
    category: str
    state: State
    occurred_at: datetime
    latitude: float | None
    longitude: float | None
    address: str
    unit_id: UUID
    content: bytes
    facts: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """A report that is there: its state here, and the one that the city told last. Of what came before they were kept `facts` and
    `source_state` are None."""

    id: UUID
    case_number: str
    source_content: bytes
    source_facts: bytes | None
    source_state: State | None
    state: State
    occurred_at: datetime
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class LineOutcome:
    line: int
    outcome: Came
    request_id: UUID | None = None
    case_number: str | None = None
    faults: Sequence[Fault] = ()


def compared(report: Report, known: Known) -> Came:
    """What comes of a report whose number is there. Only its end is taken from the city, and only of what is open here; what is over
    here already is there. Whatever else changed is refused: nobody here would know which of the two is so."""
    if report.content == known.source_content:
        return "already_there"
    went_on = (known.source_state or known.state) in OPEN and report.state not in OPEN
    if not went_on or not _same(report, known):
        return "refused"
    return "ended" if known.state in OPEN else "already_there"


def _same(report: Report, known: Known) -> bool:
    if known.source_facts is not None:
        return report.facts == known.source_facts
    when_and_where = (report.occurred_at, report.latitude, report.longitude)
    return when_and_where == (known.occurred_at, known.latitude, known.longitude)


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
        row[NUMBER], category, State(state), occurred_at, *point, address, unit_id, _hashed(values),
        _hashed({name: row.get(name, "") for name in _FACTS}),
    )  # fmt: skip


def _unreadable(values: Mapping[str, str]) -> list[Fault]:
    faults = []
    for name, value in values.items():
        if unwanted := _UNWANTED.search(value):
            faults.append(Fault(name, "control characters" if unwanted[0] < " " else "not Unicode text"))
        elif len(value) > LONGEST.get(name, 400):
            faults.append(Fault(name, f"longer than {LONGEST.get(name, 400)} characters"))
    return faults


def _instant(text: str, zone: str) -> datetime | None:
    """The instant of a local time; None for one that the calendar or the zone does not have. Of one that the zone has twice, when
    its clocks are put back, it is the first: nobody knows which was meant."""
    if (written := _WRITTEN.fullmatch(text)) is None:
        return None
    month, day, year, hour, minute = map(int, written.groups())
    try:
        local = datetime(
            year + (1900 if year > 68 else 2000), month, day, hour, minute, tzinfo=ZoneInfo(zone)
        )
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


def _hashed(values: Mapping[str, str]) -> bytes:
    lines = (f"{name}={value.strip()}" for name, value in sorted(values.items()))
    return hashlib.sha256("\n".join(lines).encode()).digest()
