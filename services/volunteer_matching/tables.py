"""The rows of volunteer matching."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, String, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, SQLModel

from platform_kit.tables import TIMESTAMPTZ, service_registry
from registry_replica.tables import add_replica_tables


class Row(SQLModel, registry=service_registry()):
    """Every table of this service."""


add_replica_tables(Row.metadata)

HELD = "state IN ('accepted', 'checked_in', 'done', 'confirmed')"


class VolunteerRow(Row, table=True):
    __tablename__ = "volunteer"

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(unique=True)
    unit_id: UUID = Field(index=True)
    skills: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class TaskRow(Row, table=True):
    """One slot: whoever holds it is `volunteer_id`, and nobody holds two tasks at one time."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint(
            "state IN ('open', 'offered', 'accepted', 'checked_in', 'done', 'confirmed', 'escalated', 'cancelled')",
            name="state",
        ),
        CheckConstraint(f"({HELD}) = (volunteer_id IS NOT NULL) OR state = 'cancelled'", name="held_by_one"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        Index(
            "uq_task_live_request_id",
            "request_id",
            unique=True,
            postgresql_where=text("state IN ('open', 'offered', 'accepted', 'checked_in')"),
        ),
        Index("ix_task_newest", "state", "id", postgresql_include=["unit_id", "resident_id", "volunteer_id"]),
        Index(
            "uq_task_request_version",
            "request_id",
            "request_version",
            unique=True,
            postgresql_where=text("request_version IS NOT NULL"),
        ),
        Index(
            "ix_task_worklist", "unit_id", "state", "id", postgresql_include=["resident_id", "volunteer_id"]
        ),
        Index("ix_task_volunteer_id", "volunteer_id"),
        ExcludeConstraint(
            ("volunteer_id", "="),
            (func.tstzrange(text("starts_at"), text("ends_at")), "&&"),
            name="ex_task_one_at_a_time",
            using="gist",
            where=text("state IN ('accepted', 'checked_in')"),
        ),
    )

    id: UUID = Field(primary_key=True)
    request_id: UUID
    request_version: int | None = None
    resident_id: UUID
    unit_id: UUID
    skill: str | None = None
    starts_at: datetime = Field(sa_type=TIMESTAMPTZ)
    ends_at: datetime = Field(sa_type=TIMESTAMPTZ)
    state: str
    volunteer_id: UUID | None = Field(default=None, foreign_key="volunteer.id")
    checked_in_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    minutes: int | None = None
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class OfferRow(Row, table=True):
    """Whoever declined or stepped back is not asked again; who let it lapse, or from whom it was withdrawn because another was
    first, may be: each time is an offer of its own."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')", name="state"),
        Index("ix_offer_task_id", "task_id"),
        Index(
            "uq_offer_task_volunteer",
            "task_id",
            "volunteer_id",
            unique=True,
            postgresql_where=text("state NOT IN ('withdrawn', 'expired')"),
        ),
        Index("uq_offer_one_accepted", "task_id", unique=True, postgresql_where=text("state = 'accepted'")),
        Index("ix_offer_open", "volunteer_id", postgresql_where=text("state = 'open'")),
    )

    id: UUID = Field(primary_key=True)
    task_id: UUID = Field(foreign_key="task.id")
    volunteer_id: UUID = Field(foreign_key="volunteer.id")
    state: str
    expires_at: datetime = Field(sa_type=TIMESTAMPTZ)
