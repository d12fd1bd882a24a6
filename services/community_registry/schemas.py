"""Bodies and answers of the registry."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from event_contracts.community_registry import Post, UnitKind
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
    """Masked: `name`, `phone` and `id_number` never show the whole."""

    id: UUID
    household_id: UUID
    unit_id: UUID
    name: str
    phone: str | None
    id_number: str | None
    version: int


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
