"""The gateway's rows: accounts and how they sign in, staff's appointments, and the read model of people's timelines."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, DateTime, Index, String
from sqlmodel import Field, SQLModel

from platform_kit.tables import BIGINT, TIMESTAMPTZ, service_registry
from registry_replica.tables import add_replica_tables


class Row(SQLModel, registry=service_registry()):
    """Every table of this service."""


add_replica_tables(Row.metadata)


class AccountRow(Row, table=True):
    """`account` (a phone, a staff name, a provider's subject), `display_name` and `totp_secret` are sealed;

    `account_index` finds it.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("kind IN ('code', 'password', 'provider')", name="kind"),
        CheckConstraint("(kind = 'password') = (password_hash IS NOT NULL)", name="password_has_a_hash"),
        CheckConstraint("totp_step IS NULL OR totp_secret IS NOT NULL", name="code_has_a_secret"),
    )

    id: UUID = Field(primary_key=True)
    account_index: bytes = Field(unique=True)
    account: bytes
    display_name: bytes
    kind: str
    password_hash: str | None = None
    totp_secret: bytes | None = None
    totp_step: int | None = Field(default=None, sa_type=BIGINT)
    subject: UUID = Field(index=True)
    roles: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class OneTimeCodeRow(Row, table=True):
    """The newest code asked for with a phone, also one without an account; the code itself is stored as a keyed hash."""

    __tablename__ = "one_time_code"
    __table_args__ = (CheckConstraint("tries_left >= 0", name="tries_left"),)

    account_index: bytes = Field(primary_key=True)
    code_hash: bytes
    expires_at: datetime = Field(sa_type=TIMESTAMPTZ, index=True)
    tries_left: int


class ThrottleRow(Row, table=True):
    """When something was tried, as far as it still counts. `key` is a keyed hash of what is counted and for whom."""

    __tablename__ = "throttle"

    key: bytes = Field(primary_key=True)
    times: list[datetime] = Field(sa_column=Column(ARRAY(DateTime(timezone=True)), nullable=False))
    idle_at: datetime = Field(sa_type=TIMESTAMPTZ, index=True)


class SessionRow(Row, table=True):
    """A chain of refresh tokens; of the newest a keyed hash."""

    __tablename__ = "session"

    id: UUID = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    step: int
    secret_hash: bytes
    renewed_at: datetime = Field(sa_type=TIMESTAMPTZ)
    ends_at: datetime = Field(sa_type=TIMESTAMPTZ, index=True)
    ended_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)


class AppointmentRow(Row, table=True):
    """The registry's appointments, kept from its events: where staff's posts come from, and end."""

    __tablename__ = "appointment"

    id: UUID = Field(primary_key=True)
    staff_id: UUID = Field(index=True)
    post: str
    unit_id: UUID
    from_on: date
    until_on: date | None = None
    ended_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)


class TimelineItemRow(Row, table=True):
    """One row for each person and thing; updated by the thing's later events."""

    __tablename__ = "timeline_item"
    __table_args__ = (
        Index("ix_timeline_item_newest", "person_id", "happened_at", "subject_id"),
        Index("ix_timeline_item_subject_id", "subject_id"),
    )

    person_id: UUID = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    kind: str
    number: str | None = None
    detail: str | None = None
    state: str
    amount_minor: int | None = Field(default=None, sa_type=BIGINT)
    currency: str | None = None
    happened_at: datetime = Field(sa_type=TIMESTAMPTZ)
    version: int
