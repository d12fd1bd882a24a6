"""Bodies and answers of the registry."""

from datetime import date, datetime, time
from itertools import pairwise
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from community_registry.rules.person import Part
from community_registry.rules.place import MOST_POSITIONS, Place
from event_contracts.community_registry import Post, UnitKind
from platform_kit.official_days import Country
from platform_kit.schemas import Body, Clean, Line, View, Zone

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,4}(/[0-9]{2,4}){0,5}$", max_length=40)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), Clean]
Digits = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), Clean]


class NewUnit(Body):
    code: Code
    kind: UnitKind
    name: Name
    parent_id: UUID | None = None
    zone: Zone = "Asia/Shanghai"


class UnitView(View):
    id: UUID
    parent_id: UUID | None
    kind: Literal["district", "street", "community"]
    code: str
    name: str
    zone: str


def _in_order(spans: list["Span"]) -> list["Span"]:
    marks = [mark for span in spans for mark in (span.opens, span.closes)]
    if any(later <= earlier for earlier, later in pairwise(marks)):
        raise ValueError("each must close after it opens and before the next opens")
    return spans


def _once_each(days: list["Day"]) -> list["Day"]:
    if len({day.on for day in days}) < len(days):
        raise ValueError("a date stands there twice")
    return days


def _on_the_wall(mark: time) -> time:
    if mark.tzinfo is not None or mark.microsecond:
        raise ValueError("hours and minutes of a clock on the wall, for example 09:00")
    return mark


def _at_all(hours: list[list["Span"]]) -> list[list["Span"]]:
    if not any(hours):
        raise ValueError("on one weekday at least somebody must be there")
    return hours


# A clock on the wall has no zone: JSON Schema's own `time` (RFC 3339) would want one.
WallTime = Annotated[
    time,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$",
            "examples": ["08:30"],
        }
    ),
]
Mark = Annotated[WallTime, AfterValidator(_on_the_wall)]


class Span(Body):
    """Of one day, by the clock of the unit: [opens, closes)."""

    opens: Mark
    closes: Mark


Spans = Annotated[list[Span], Field(max_length=6), AfterValidator(_in_order)]


class Day(Body):
    """What is worked on one date, before everything else; no span is a day off."""

    on: date
    spans: Spans


class NewCalendar(Body):
    """`hours` of Monday to Sunday. With `country` its official holidays and make-up workdays hold."""

    hours: Annotated[list[Spans], Field(min_length=7, max_length=7), AfterValidator(_at_all)]
    days: Annotated[list[Day], Field(max_length=800), AfterValidator(_once_each)] = Field(
        default_factory=list
    )
    country: Country | None = "CN"


class SpanView(View):
    opens: WallTime
    closes: WallTime


class DayView(View):
    on: date
    spans: tuple[SpanView, ...]


class CalendarView(View):
    """What holds for a unit. `set_for` is the unit that it was set for, this one or one above; None: nobody has set any.

    `official_until` is the last year whose official days are known: later ones are weekdays and weekends until somebody
    enters their days.
    """

    set_for: UUID | None
    hours: tuple[tuple[SpanView, ...], ...]
    days: tuple[DayView, ...]
    country: Country | None
    official_until: int


Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Position = tuple[Longitude, Latitude]
Rings = Annotated[list[Annotated[list[Position], Field(max_length=MOST_POSITIONS)]], Field(max_length=200)]


class PolygonBoundary(Body):
    """GeoJSON (RFC 7946): the first ring is the outline, the others are holes in it."""

    type: Literal["Polygon"]
    coordinates: Rings

    @property
    def polygons(self) -> list[Rings]:
        return [self.coordinates]


class MultiPolygonBoundary(Body):
    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Rings], Field(max_length=200)]

    @property
    def polygons(self) -> list[Rings]:
        return self.coordinates


Boundary = Annotated[PolygonBoundary | MultiPolygonBoundary, Field(discriminator="type")]


class Location(Body):
    longitude: Longitude
    latitude: Latitude


class NewPlace(Body):
    """All of it: what is not told is not kept."""

    boundary: Boundary | None = None
    location: Location | None = None

    def place(self) -> Place:
        at = self.location
        return Place(
            self.boundary.polygons if self.boundary else None, (at.longitude, at.latitude) if at else None
        )


class PlaceView(View):
    """Nulls where nobody has said anything."""

    boundary: MultiPolygonBoundary | None
    location: Location | None

    @classmethod
    def of(cls, content: dict[str, Any] | None) -> "PlaceView":
        """`content` as the event says it."""
        polygons, at = (content["boundary"], content["location"]) if content else (None, None)
        return cls(
            boundary=MultiPolygonBoundary(type="MultiPolygon", coordinates=polygons) if polygons else None,
            location=Location(longitude=at[0], latitude=at[1]) if at else None,
        )


class NewMember(Body):
    name: Name
    phone: Digits | None = None
    id_number: Digits | None = None
    born_on: date | None = None


class NewHousehold(Body):
    unit_id: UUID
    address: Line
    members: Annotated[list[NewMember], Field(min_length=1, max_length=20)]


class ResidentView(View):
    """Masked: `name`, `phone`, `id_number` and `address` never show the whole."""

    id: UUID
    household_id: UUID
    unit_id: UUID
    name: str
    phone: str | None
    id_number: str | None
    address: str | None
    version: int


class Correction(Body):
    """What was read may be sent back whole: a part that is as it was shown, masked, stays as it is."""

    name: Name | None = None
    phone: Digits | None = None
    id_number: Digits | None = None
    address: Line | None = None
    id: UUID | None = None
    household_id: UUID | None = None
    unit_id: UUID | None = None
    version: int | None = None


class Reveal(Body):
    """`reason` is kept with the record of who looked: no personal facts in it."""

    parts: Annotated[list[Part], Field(min_length=1, max_length=4)]
    reason: Line


class Revealed(View):
    """In full what was asked for; null what was not, or is not known."""

    name: str | None
    phone: str | None
    id_number: str | None
    address: str | None


class Erasure(Body):
    """`reason` is kept: no personal facts in it."""

    reason: Line


class ErasedView(View):
    id: UUID
    version: int


class ContactView(View):
    """For whoever does the work; `until` is when they stop seeing it."""

    name: str
    phone: str | None
    address: str | None
    until: datetime


class HouseholdView(View):
    id: UUID
    unit_id: UUID
    version: int
    residents: list[ResidentView]


class NewConsent(Body):
    delegate_id: UUID
    until_on: date | None = None


class ConsentView(View):
    resident_id: UUID
    delegate_id: UUID
    until_on: date | None
    version: int


class NewStaff(Body):
    name: Name
    phone: Digits | None = None


class NewAppointment(Body):
    post: Post
    unit_id: UUID
    from_on: date
    until_on: date | None = None


class AppointmentView(View):
    id: UUID
    post: str
    unit_id: UUID
    from_on: date
    until_on: date | None
    ended_at: datetime | None


class StaffView(View):
    id: UUID
    name: str
    version: int
    appointments: list[AppointmentView]
