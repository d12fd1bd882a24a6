"""Who is who and where. References only: names, phones and addresses never leave the registry by an event."""

from datetime import date, time
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from event_contracts.base import EventPayload, Topic

UNITS = Topic("registry.units", retention_days=3650)
HOUSEHOLDS = Topic("registry.households", retention_days=3650)
RESIDENTS = Topic("registry.residents", retention_days=3650)
STAFF = Topic("registry.staff", retention_days=3650)

UnitKind = Literal["district", "street", "community"]
Post = Literal["worker", "street", "district", "finance", "finance_lead", "auditor"]


class UnitOpened(EventPayload):
    """`code` is the path of the unit in the tree, e.g. ``01/03/017``: a unit's subtree is a prefix of codes."""

    type: ClassVar[str] = "registry.unit.opened.v1"
    topic: ClassVar[Topic] = UNITS
    aggregate: ClassVar[str] = "unit_id"

    unit_id: UUID
    parent_id: UUID | None
    kind: UnitKind
    code: str
    name: str
    zone: str


class WorkSpan(BaseModel):
    """Local time, [opens, closes) of one day."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    opens: time
    closes: time


class WorkDay(BaseModel):
    """What is worked on one date, whatever its weekday; nothing is a day off."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    on: date
    spans: tuple[WorkSpan, ...]


class WorkCalendarSet(EventPayload):
    """When the unit, and every unit below it without a calendar of its own, is at work: `hours` of Monday to Sunday; `country`
    is whose official holidays and make-up workdays hold; `days` go before both."""

    type: ClassVar[str] = "registry.unit.calendar_set.v1"
    topic: ClassVar[Topic] = UNITS
    aggregate: ClassVar[str] = "unit_id"

    unit_id: UUID
    hours: tuple[tuple[WorkSpan, ...], ...]
    days: tuple[WorkDay, ...]
    country: Literal["CN"] | None


class UnitPlaced(EventPayload):
    """Where the unit lies. `boundary` are polygons of rings of positions, the first the outline and the others holes in it, as in a
    GeoJSON MultiPolygon; `location` is where it is found on the map. Positions are (longitude, latitude)."""

    type: ClassVar[str] = "registry.unit.placed.v1"
    topic: ClassVar[Topic] = UNITS
    aggregate: ClassVar[str] = "unit_id"

    unit_id: UUID
    boundary: tuple[tuple[tuple[tuple[float, float], ...], ...], ...] | None
    location: tuple[float, float] | None


class HouseholdRegistered(EventPayload):
    type: ClassVar[str] = "registry.household.registered.v1"
    topic: ClassVar[Topic] = HOUSEHOLDS
    aggregate: ClassVar[str] = "household_id"

    household_id: UUID
    unit_id: UUID
    members: int


class ResidentRegistered(EventPayload):
    type: ClassVar[str] = "registry.resident.registered.v1"
    topic: ClassVar[Topic] = RESIDENTS
    aggregate: ClassVar[str] = "resident_id"

    resident_id: UUID
    household_id: UUID
    unit_id: UUID


class ConsentRecorded(EventPayload):
    """The resident lets `delegate_id` act for them until `until_on` (no end: None)."""

    type: ClassVar[str] = "registry.consent.recorded.v1"
    topic: ClassVar[Topic] = RESIDENTS
    aggregate: ClassVar[str] = "resident_id"

    resident_id: UUID
    delegate_id: UUID
    until_on: date | None


class ResidentCorrected(EventPayload):
    """Which parts of the resident's record are new; what they are stays in the registry."""

    type: ClassVar[str] = "registry.resident.corrected.v1"
    topic: ClassVar[Topic] = RESIDENTS
    aggregate: ClassVar[str] = "resident_id"

    resident_id: UUID
    changed: tuple[Literal["name", "phone", "id_number", "address"], ...]


class ResidentErased(EventPayload):
    """Whoever holds anything of this resident destroys their key of it. Ids and amounts stay, for the books."""

    type: ClassVar[str] = "registry.resident.erased.v1"
    topic: ClassVar[Topic] = RESIDENTS
    aggregate: ClassVar[str] = "resident_id"

    resident_id: UUID


class StaffRegistered(EventPayload):
    type: ClassVar[str] = "registry.staff.registered.v1"
    topic: ClassVar[Topic] = STAFF
    aggregate: ClassVar[str] = "staff_id"

    staff_id: UUID


class StaffAppointed(EventPayload):
    type: ClassVar[str] = "registry.staff.appointed.v1"
    topic: ClassVar[Topic] = STAFF
    aggregate: ClassVar[str] = "staff_id"

    staff_id: UUID
    appointment_id: UUID
    post: Post
    unit_id: UUID
    from_on: date
    until_on: date | None


class AppointmentEnded(EventPayload):
    """From the instant of this event the staff member holds that post no longer."""

    type: ClassVar[str] = "registry.staff.appointment_ended.v1"
    topic: ClassVar[Topic] = STAFF
    aggregate: ClassVar[str] = "staff_id"

    staff_id: UUID
    appointment_id: UUID
