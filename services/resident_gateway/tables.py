"""The gateway's rows: accounts, one-time codes, and the read model of people's timelines."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, String
from sqlmodel import Field, SQLModel

from platform_kit.tables import BIGINT, JSONB, TIMESTAMPTZ, service_registry
from registry_replica.tables import add_replica_tables


class Row(SQLModel, registry=service_registry()):
    """Every table of this service."""


add_replica_tables(Row.metadata)


class AccountRow(Row, table=True):
    """`account` (a phone, or a staff name) and `display_name` are sealed; `account_index` finds it."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("kind IN ('code', 'password')", name="kind"),
        CheckConstraint("(kind = 'password') = (password_hash IS NOT NULL)", name="password_has_a_hash"),
    )

    id: UUID = Field(primary_key=True)
    account_index: bytes = Field(unique=True)
    account: bytes
    display_name: bytes
    kind: str
    password_hash: str | None = None
    subject: UUID = Field(index=True)
    roles: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    posts: list[Any] = Field(sa_type=JSONB)
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class OneTimeCodeRow(Row, table=True):
    """The newest code of an account; the code itself is stored as a keyed hash."""

    __tablename__ = "one_time_code"
    __table_args__ = (CheckConstraint("tries_left >= 0", name="tries_left"),)

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    code_hash: bytes
    expires_at: datetime = Field(sa_type=TIMESTAMPTZ)
    tries_left: int


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
