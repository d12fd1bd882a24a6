"""The gateway's rows: accounts and how they sign in, staff's appointments, the read model of people's timelines, and what people
are told."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
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


class SubjectStateRow(Row, table=True):
    """What people are told about (a request), as the last of its events says."""

    __tablename__ = "subject_state"

    subject_id: UUID = Field(primary_key=True)
    kind: str
    owner_id: UUID | None = None
    unit_id: UUID | None = None
    number: str | None = None
    state: str
    state_version: int
    version: int


class SubjectFollowerRow(Row, table=True):
    """Who follows what people are told about, as its events say: kept by the consumer that tells them, or the next event could
    come before this one. `joined`: their own goes on as it."""

    __tablename__ = "subject_follower"

    subject_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True, index=True)
    joined: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class NotificationRow(Row, table=True):
    """One for each person, subject and occasion; `instance` tells a second question from the first. No words: they are made for
    whoever reads them. `id` is made of the four."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("person_id", "subject_id", "occasion", "instance"),
        Index("ix_notification_newest", "person_id", "created_at", "id"),
        Index("ix_notification_unread", "person_id", postgresql_where=text("read_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    person_id: UUID
    subject_id: UUID
    kind: str
    occasion: str
    instance: int
    number: str | None = None
    happened_at: datetime = Field(sa_type=TIMESTAMPTZ)
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    read_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)


class DeliveryRow(Row, table=True):
    """A notification on its way to a phone, which is not kept here. `reason` is a code: why it was not sent, or not yet."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("state IN ('due', 'held', 'sent', 'dropped', 'failed')", name="state"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_delivery_due", "next_try_at", postgresql_where=text("state = 'due'")),
        Index("ix_delivery_failed", "notification_id", postgresql_where=text("state = 'failed'")),
    )

    notification_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("notification.id", ondelete="CASCADE"), primary_key=True)
    )
    state: str
    attempts: int
    next_try_at: datetime = Field(sa_type=TIMESTAMPTZ)
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    ended_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    reason: str | None = None


class NotificationSettingRow(Row, table=True):
    """How a person wants to be told; whoever has said nothing is told as usual. Quiet hours are on their unit's clock."""

    __tablename__ = "notification_setting"
    __table_args__ = (
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet"),
    )

    person_id: UUID = Field(primary_key=True)
    language: str
    sms: bool
    quiet_from: time | None = None
    quiet_until: time | None = None
    changed_at: datetime = Field(sa_type=TIMESTAMPTZ)
