"""The rows of resident requests. `words`, `address` and `reason` are sealed, and all of an attachment."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Sequence,
    String,
    text,
)
from sqlmodel import Field, SQLModel

from platform_kit.tables import JSONB, TIMESTAMPTZ, service_registry
from registry_replica.tables import add_place_tables, add_replica_tables


class Row(SQLModel, registry=service_registry()):
    """Every table of this service."""


add_replica_tables(Row.metadata)
add_place_tables(Row.metadata)
IS_OPEN = "state IN ('assigned', 'awaiting_resident', 'in_progress', 'reopened', 'submitted', 'triaged')"
CASE_SERIAL = Sequence("case_serial", metadata=Row.metadata)


class CategoryRow(Row, table=True):
    """As it is now; a request keeps the version that it was filed under. `respond_hours`, `resolve_hours`: what is promised; `escalate_hours` after a breach the district is told. In working time."""

    __tablename__ = "category"
    __table_args__ = (
        *(
            CheckConstraint(f"{name} BETWEEN 1 AND 500", name=name)
            for name in ("respond_hours", "resolve_hours", "escalate_hours")
        ),
        CheckConstraint("call IN ('110', '119', '120')", name="call"),
    )

    code: str = Field(primary_key=True)
    name_zh: str
    name_en: str
    route: str
    skill: str | None = None
    respond_hours: int
    resolve_hours: int
    escalate_hours: int
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    parent: str | None = Field(default=None, foreign_key="category.code")
    private: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    call: str | None = None
    open: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    questions: list[Any] = Field(sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")})


class CategoryVersionRow(Row, table=True):
    """`set_by` is None for what Linli began with."""

    __tablename__ = "category_version"

    code: str = Field(primary_key=True, foreign_key="category.code")
    version: int = Field(primary_key=True)
    content: dict[str, Any] = Field(sa_type=JSONB)
    set_by: UUID | None = None
    at: datetime = Field(sa_type=TIMESTAMPTZ)


class RoutingRuleRow(Row, table=True):
    """As it is now; a request keeps the version by which it was routed. Empty lists: any; `unit_id` None: everywhere."""

    __tablename__ = "routing_rule"
    __table_args__ = (
        CheckConstraint(
            "route IN ('volunteers', 'relief', 'paid_service', 'department', 'community')", name="route"
        ),
    )

    code: str = Field(primary_key=True)
    version: int
    priority: int
    unit_id: UUID | None = None
    categories: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    urgencies: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    answers: dict[str, Any] = Field(sa_type=JSONB)
    route: str
    skill: str | None = None
    service: str | None = None
    auto: bool
    open: bool


class RoutingRuleVersionRow(Row, table=True):
    __tablename__ = "routing_rule_version"

    code: str = Field(primary_key=True, foreign_key="routing_rule.code")
    version: int = Field(primary_key=True)
    content: dict[str, Any] = Field(sa_type=JSONB)
    set_by: UUID
    at: datetime = Field(sa_type=TIMESTAMPTZ)


class OfferedServiceRow(Row, table=True):
    """What paid services offer, so that no rule names what there is not."""

    __tablename__ = "offered_service"

    code: str = Field(primary_key=True)


class RequestRow(Row, table=True):
    __tablename__ = "request"
    __table_args__ = (
        CheckConstraint(
            "state IN ('submitted', 'triaged', 'assigned', 'in_progress', 'awaiting_resident', 'resolved', 'closed',"
            " 'reopened', 'rejected', 'withdrawn', 'merged')",
            name="state",
        ),
        CheckConstraint("channel IN ('app', 'web', 'counter', 'phone', 'visit')", name="channel"),
        CheckConstraint("urgency IN ('normal', 'urgent', 'emergency')", name="urgency"),
        CheckConstraint("resident_id IS NOT NULL OR source IS NOT NULL", name="has_a_resident_or_a_source"),
        CheckConstraint("(source IS NULL) = (source_number IS NULL)", name="source_has_a_number"),
        ForeignKeyConstraint(
            ["routing_rule", "routing_rule_version"],
            ["routing_rule_version.code", "routing_rule_version.version"],
            name="fk_request_routing_rule",
        ),
        ForeignKeyConstraint(
            ["category", "routing_category_version"],
            ["category_version.code", "category_version.version"],
            name="fk_request_routing_category",
        ),
        CheckConstraint("state IN ('triaged', 'assigned') OR NOT escalated", name="escalated_while_it_waits"),
        CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)", name="merged_into"),
        CheckConstraint("merged_into <> id", name="not_into_itself"),
        CheckConstraint("(state = 'merged') = (merged_at IS NOT NULL)", name="merged_at"),
        Index("ix_request_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("uq_request_source_number", "source", "source_number", unique=True),
        Index("ix_request_resident_id", "resident_id", "id"),
        Index(
            "ix_request_due",
            "unit_id",
            "due_at",
            "id",
            postgresql_include=["resident_id"],
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_request_open",
            "unit_id",
            "category",
            postgresql_include=["state", "due_at", "occurred_at", "resident_id", "assignee_id"],
            postgresql_where=text(IS_OPEN),
        ),
        *(
            Index(
                f"ix_request_assignee{name}",
                "assignee_id",
                column,
                "id",
                postgresql_include=["unit_id", "resident_id"],
                postgresql_where=text(f"assignee_id IS NOT NULL{there}"),
            )
            for name, column, there in (("", "state", ""), ("_due", "due_at", " AND due_at IS NOT NULL"))
        ),
        Index("ix_request_newest", "state", "id", postgresql_include=["unit_id", "resident_id"]),
        Index("ix_request_worklist", "unit_id", "state", "id", postgresql_include=["resident_id"]),
    )

    id: UUID = Field(primary_key=True)
    case_number: str = Field(unique=True)
    resident_id: UUID | None = None
    filed_by: UUID
    unit_id: UUID
    category: str = Field(foreign_key="category.code")
    category_version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    channel: str = Field(default="app", sa_column_kwargs={"server_default": text("'app'")})
    urgency: str = Field(default="normal", sa_column_kwargs={"server_default": text("'normal'")})
    author_id: UUID | None = None
    answers: bytes | None = None
    content_print: bytes | None = None
    state: str
    route: str | None = None
    skill: str | None = None
    words: bytes | None = None
    address: bytes | None = None
    reason: bytes | None = None
    latitude: float | None = None
    longitude: float | None = None
    wanted_from: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    wanted_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    planned_from: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    planned_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    routing_rule: str | None = None
    routing_rule_version: int | None = None
    routing_category_version: int | None = None
    asked_version: int | None = None
    taken_up_by: UUID | None = None
    assignee_id: UUID | None = None
    escalated: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    round: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    respond_by: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    responded_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    begun_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    resolve_by: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    resolve_from: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    paused_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    due_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    resolved_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    occurred_at: datetime = Field(sa_type=TIMESTAMPTZ)
    merged_into: UUID | None = Field(default=None, foreign_key="request.id")
    merged_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    source: str | None = None
    source_number: str | None = None
    source_content: bytes | None = None
    source_facts: bytes | None = None
    source_state: str | None = None
    version: int
    said_version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class RatingRow(Row, table=True):
    """Once for each round; `words` are sealed."""

    __tablename__ = "rating"
    __table_args__ = (CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),)

    request_id: UUID = Field(primary_key=True, foreign_key="request.id")
    round: int = Field(primary_key=True)
    stars: int
    words: bytes | None = None
    rated_by: UUID
    at: datetime = Field(sa_type=TIMESTAMPTZ)


class BreachRow(Row, table=True):
    """A promise that was missed, and who was told: the key is what makes it once."""

    __tablename__ = "breach"

    request_id: UUID = Field(primary_key=True, foreign_key="request.id")
    round: int = Field(primary_key=True)
    clock: str = Field(primary_key=True)
    level: str = Field(primary_key=True)
    at: datetime = Field(sa_type=TIMESTAMPTZ)


class CommentRow(Row, table=True):
    """`words` are sealed, by the key of `neighbour_id` where somebody says them whose own was merged into the request."""

    __tablename__ = "comment"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('from_resident', 'from_neighbour', 'from_staff', 'question', 'answer', 'resolution', 'note')",
            name="kind",
        ),
        CheckConstraint("(kind = 'from_neighbour') = (neighbour_id IS NOT NULL)", name="neighbour_id"),
        Index("ix_comment_request_id", "request_id", "id"),
        Index("ix_comment_neighbour_id", "neighbour_id", postgresql_where=text("neighbour_id IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    request_id: UUID = Field(foreign_key="request.id")
    kind: str
    author_id: UUID
    neighbour_id: UUID | None = None
    words: bytes
    at: datetime = Field(sa_type=TIMESTAMPTZ)


class FilingConflictRow(Row, table=True):
    """What came under the id of a request with other content; `content` is sealed."""

    __tablename__ = "filing_conflict"
    __table_args__ = (Index("ix_filing_conflict_request_id", "request_id", "id"),)

    id: UUID = Field(primary_key=True)
    request_id: UUID = Field(foreign_key="request.id")
    content: bytes
    sent_by: UUID
    at: datetime = Field(sa_type=TIMESTAMPTZ)


class AttachmentRow(Row, table=True):
    """A picture of a request. `name` and `content` are sealed; `size` is the picture's, in bytes. `side`: who added it, the resident
    or whoever works on it. Only theirs shows what was done, in one round and for good."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("number BETWEEN 1 AND 6", name="number"),
        CheckConstraint("side IN ('resident', 'staff')", name="side"),
    )

    request_id: UUID = Field(primary_key=True, foreign_key="request.id")
    number: int = Field(primary_key=True)
    kind: str
    name: bytes
    content: bytes
    size: int
    width: int
    height: int
    added_by: UUID
    added_at: datetime = Field(sa_type=TIMESTAMPTZ)
    side: str
    evidence_round: int | None = None


class AppointmentRow(Row, table=True):
    """The registry's appointments, kept from its events: whom a request can be given to."""

    __tablename__ = "appointment"

    id: UUID = Field(primary_key=True)
    staff_id: UUID = Field(index=True)
    post: str
    unit_id: UUID
    from_on: date
    until_on: date | None = None
    ended_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)


class ImportSourceRow(Row, table=True):
    __tablename__ = "import_source"

    name: str = Field(primary_key=True)
    zone: str
    categories: dict[str, Any] = Field(sa_type=JSONB)
    states: dict[str, Any] = Field(sa_type=JSONB)
    areas: dict[str, Any] = Field(sa_type=JSONB)
    default_area: UUID | None = None
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    turns: dict[str, Any] = Field(sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")})
