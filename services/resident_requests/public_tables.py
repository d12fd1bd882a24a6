"""The rows of what everybody sees of a request, may find again or follow, and of the applications that report."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, Integer, text
from sqlmodel import Field

from platform_kit.tables import BIGINT, TIMESTAMPTZ
from resident_requests.tables import IS_OPEN, Row


class LikenessRow(Row, table=True):
    """By what a public request is found again: its public facts, and keyed prints of the pieces of its words. Whoever is erased
    loses it."""

    __tablename__ = "likeness"
    __table_args__ = (
        CheckConstraint("cardinality(prints) <= 128", name="prints"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point"),
        *(
            Index(
                f"ix_likeness_{place}",
                "category",
                place,
                "occurred_at",
                postgresql_include=["request_id", "case_number", "state", "latitude", "longitude", "prints"],
                postgresql_where=text(IS_OPEN),
            )
            for place in ("cell", "unit_id")
        ),
    )

    request_id: UUID = Field(primary_key=True, foreign_key="request.id")
    case_number: str
    category: str = Field(foreign_key="category.code")
    unit_id: UUID
    state: str
    occurred_at: datetime = Field(sa_type=TIMESTAMPTZ)
    latitude: float | None = None
    longitude: float | None = None
    cell: int = Field(sa_type=BIGINT)
    prints: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))


class FollowerRow(Row, table=True):
    __tablename__ = "follower"
    __table_args__ = (Index("ix_follower_person_id", "person_id", "request_id"),)

    request_id: UUID = Field(primary_key=True, foreign_key="request.id")
    person_id: UUID = Field(primary_key=True)
    since: datetime = Field(sa_type=TIMESTAMPTZ)
    until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)


class PublicReportRow(Row, table=True):
    """What everybody may see of a request in a public category; triggers of `request` write it. `words` and `address` are sealed
    by the service's key: of what no resident filed."""

    __tablename__ = "public_report"
    __table_args__ = (Index("ix_public_report_listed", "category", "is_open", "requested_at", "request_id"),)

    request_id: UUID = Field(primary_key=True, foreign_key="request.id")
    case_number: str = Field(unique=True)
    category: str
    unit_id: UUID
    state: str
    is_open: bool
    requested_at: datetime = Field(sa_type=TIMESTAMPTZ)
    updated_at: datetime = Field(sa_type=TIMESTAMPTZ)
    expected_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    latitude: float | None = None
    longitude: float | None = None
    words: bytes | None = None
    address: bytes | None = None


class Open311KeyRow(Row, table=True):
    """The key of an application that files reports, as a digest; they lie in its unit. `used_until`: how much of what it may file
    in an hour is used up."""

    __tablename__ = "open311_key"
    __table_args__ = (CheckConstraint("per_hour BETWEEN 1 AND 10000", name="per_hour"),)

    id: UUID = Field(primary_key=True)
    name: str
    digest: bytes = Field(unique=True)
    unit_id: UUID
    per_hour: int
    used_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    issued_by: UUID
    issued_at: datetime = Field(sa_type=TIMESTAMPTZ)
    withdrawn_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)


# Of every table of the service: of these and of those that they are built on.
METADATA = Row.metadata
