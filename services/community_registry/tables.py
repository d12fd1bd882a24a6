"""The registry's rows. BYTEA columns are sealed; `_index` columns are keyed blind indexes for exact search.

Of an erased resident the row stays, without a name: others refer to it.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from platform_kit.tables import JSONB, TIMESTAMPTZ, service_registry


class Row(SQLModel, registry=service_registry()):
    """Every table of this service."""


class UnitRow(Row, table=True):
    __tablename__ = "unit"
    __table_args__ = (CheckConstraint("kind IN ('district', 'street', 'community')", name="kind"),)

    id: UUID = Field(primary_key=True)
    parent_id: UUID | None = Field(default=None, foreign_key="unit.id")
    kind: str
    code: str = Field(unique=True)
    name: str
    zone: str
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class WorkCalendarRow(Row, table=True):
    """As the event says it: hours, days, country."""

    __tablename__ = "work_calendar"

    unit_id: UUID = Field(primary_key=True, foreign_key="unit.id")
    content: dict[str, Any] = Field(sa_type=JSONB)


class UnitPlaceRow(Row, table=True):
    """As the event says it: boundary, location."""

    __tablename__ = "unit_place"

    unit_id: UUID = Field(primary_key=True, foreign_key="unit.id")
    content: dict[str, Any] = Field(sa_type=JSONB)


class HouseholdRow(Row, table=True):
    __tablename__ = "household"

    id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(foreign_key="unit.id", index=True)
    address: bytes | None = None
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class ResidentRow(Row, table=True):
    __tablename__ = "resident"
    __table_args__ = (
        Index("uq_resident_id_number_index", "id_number_index", unique=True),
        Index("ix_resident_phone_index", "phone_index"),
    )

    id: UUID = Field(primary_key=True)
    household_id: UUID = Field(foreign_key="household.id", index=True)
    unit_id: UUID = Field(foreign_key="unit.id")
    name: bytes | None = None
    phone: bytes | None = None
    phone_index: bytes | None = None
    id_number: bytes | None = None
    id_number_index: bytes | None = None
    born_on: date | None = None
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class ConsentRow(Row, table=True):
    __tablename__ = "consent"

    resident_id: UUID = Field(primary_key=True, foreign_key="resident.id")
    # A resident, or a member of staff.
    delegate_id: UUID = Field(primary_key=True, index=True)
    until_on: date | None = None
    recorded_by: UUID
    recorded_at: datetime = Field(sa_type=TIMESTAMPTZ)


class StaffRow(Row, table=True):
    __tablename__ = "staff"

    id: UUID = Field(primary_key=True)
    name: bytes
    phone: bytes | None = None
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class AppointmentRow(Row, table=True):
    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ends_after_it_begins"),
    )

    id: UUID = Field(primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    unit_id: UUID = Field(foreign_key="unit.id")
    post: str
    from_on: date
    until_on: date | None = None
    ended_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)


class ContactGrantRow(Row, table=True):
    """A piece of work (a task, an order), for whom it is done, and who holds it and may see their contact until then."""

    __tablename__ = "contact_grant"

    work_id: UUID = Field(primary_key=True)
    resident_id: UUID = Field(index=True)
    holder: UUID | None = Field(default=None, index=True)
    until: datetime = Field(sa_type=TIMESTAMPTZ)
