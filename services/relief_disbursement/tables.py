"""Relief's rows. Every invariant of the domain that the database can hold is held here."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, LargeBinary, UniqueConstraint, Uuid, text
from sqlmodel import Field, SQLModel

from platform_kit.tables import BIGINT, TIMESTAMPTZ, service_registry
from registry_replica.tables import add_replica_tables


class Row(SQLModel, registry=service_registry()):
    """Base of relief's tables."""


add_replica_tables(Row.metadata)

OPEN_APPLICATION = "state NOT IN ('rejected', 'ended')"
LIVE_PAYMENT = "state IN ('due', 'sent', 'paid')"
PERIOD = "period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'"


class ProgrammeRow(Row, table=True):
    """`committed_minor` is promised and not yet paid; both together never exceed the budget of the year."""

    __tablename__ = "programme"
    __table_args__ = (
        UniqueConstraint("unit_id", "code", "year", name="uq_programme_code"),
        CheckConstraint("committed_minor >= 0 AND paid_minor >= 0", name="not_negative"),
        CheckConstraint("committed_minor + paid_minor <= budget_minor", name="within_budget"),
        CheckConstraint("monthly_minor > 0", name="monthly_positive"),
    )

    id: UUID = Field(primary_key=True)
    unit_id: UUID
    code: str
    name: str
    year: int
    currency: str
    budget_minor: int = Field(sa_type=BIGINT)
    monthly_minor: int = Field(sa_type=BIGINT)
    committed_minor: int = Field(default=0, sa_type=BIGINT)
    paid_minor: int = Field(default=0, sa_type=BIGINT)
    opened_by: UUID
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class ApplicationRow(Row, table=True):
    """`words`, `payee_name`, `bank_account` and `reason` are sealed. `parties`: the resident and whoever filed it."""

    __tablename__ = "application"
    __table_args__ = (
        Index(
            "uq_application_open",
            "programme_id",
            "household_id",
            unique=True,
            postgresql_where=text(OPEN_APPLICATION),
        ),
        Index(
            "ix_application_newest",
            "state",
            "id",
            postgresql_include=["unit_id", "resident_id", "notice_until"],
        ),
        Index(
            "ix_application_worklist",
            "unit_id",
            "state",
            "id",
            postgresql_include=["resident_id", "notice_until"],
        ),
        Index("ix_application_notice", "notice_until", postgresql_where=text("state = 'on_notice'")),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'on_notice', 'street_reviewed', 'active',"
            " 'returned_for_evidence', 'rejected')",
            name="state",
        ),
        CheckConstraint("state <> 'on_notice' OR notice_until IS NOT NULL", name="notice_has_an_end"),
        CheckConstraint(
            "state <> 'active' OR (granted_minor IS NOT NULL AND from_on IS NOT NULL)",
            name="active_is_granted",
        ),
        CheckConstraint("asked_minor > 0 AND granted_minor > 0", name="positive"),
        Index(
            "uq_application_request",
            "request_id",
            "request_version",
            unique=True,
            postgresql_where=text("request_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(foreign_key="programme.id")
    household_id: UUID
    resident_id: UUID
    unit_id: UUID
    parties: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    state: str
    round: int
    currency: str
    asked_minor: int = Field(sa_type=BIGINT)
    granted_minor: int | None = Field(default=None, sa_type=BIGINT)
    from_on: date | None = None
    notice_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    reason: bytes | None = None
    words: bytes = Field(sa_type=LargeBinary)
    payee_name: bytes = Field(sa_type=LargeBinary)
    bank_account: bytes = Field(sa_type=LargeBinary)
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    request_id: UUID | None = None
    request_version: int | None = None


class RequestRow(Row, table=True):
    """A request that was routed here by its event `request_version`; it does not stand any more once it is over or others do it."""

    __tablename__ = "relief_request"

    request_id: UUID = Field(primary_key=True)
    request_version: int
    resident_id: UUID = Field(index=True)
    unit_id: UUID
    stands: bool
    at: datetime = Field(sa_type=TIMESTAMPTZ)


class ReviewRow(Row, table=True):
    """Who decided what. One person decides once per round, each level once, and never a party."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("application_id", "round", "reviewer_id", name="uq_review_reviewer"),
        CheckConstraint("level IN ('verify', 'review', 'approve')", name="level"),
        CheckConstraint("decision IN ('approve', 'return', 'reject')", name="decision"),
        CheckConstraint("reviewer_id <> ALL (parties)", name="never_a_party"),
    )

    application_id: UUID = Field(primary_key=True, foreign_key="application.id")
    round: int = Field(primary_key=True)
    level: str = Field(primary_key=True)
    reviewer_id: UUID
    decision: str
    parties: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    at: datetime = Field(sa_type=TIMESTAMPTZ)


class EvidenceRow(Row, table=True):
    """A sealed note that supports an application."""

    __tablename__ = "evidence"

    id: UUID = Field(primary_key=True)
    application_id: UUID = Field(foreign_key="application.id", index=True)
    added_by: UUID
    note: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=TIMESTAMPTZ)


class ObjectionRow(Row, table=True):
    """A sealed objection; the first one ends the round."""

    __tablename__ = "objection"

    application_id: UUID = Field(primary_key=True, foreign_key="application.id")
    round: int = Field(primary_key=True)
    objected_by: UUID
    words: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=TIMESTAMPTZ)


class PaymentRunRow(Row, table=True):
    __tablename__ = "payment_run"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'calculated', 'checked', 'released', 'sent', 'settled')", name="state"
        ),
        CheckConstraint(PERIOD, name="period"),
        CheckConstraint("released_by <> calculated_by", name="two_people"),
        CheckConstraint("state = 'draft' OR (calculated_by IS NOT NULL AND count > 0)", name="calculated"),
        CheckConstraint(
            "state NOT IN ('released', 'sent', 'settled') OR released_by IS NOT NULL", name="released"
        ),
        Index("ix_payment_run_programme", "programme_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(foreign_key="programme.id")
    period: str
    state: str
    count: int
    currency: str
    total_minor: int = Field(sa_type=BIGINT)
    opened_by: UUID
    calculated_by: UUID | None = None
    checked_by: UUID | None = None
    released_by: UUID | None = None
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class PaymentRow(Row, table=True):
    """An entitlement is paid at most once per period: one attempt is live, and a next one names the last.

    `payee_name`, `bank_account` and `reason`, the bank's words, are sealed.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("application_id", "period", "attempt", name="uq_payment_attempt"),
        UniqueConstraint("previous_id", name="uq_payment_previous"),
        UniqueConstraint("payment_run_id", "line", name="uq_payment_line"),
        Index(
            "uq_payment_live", "application_id", "period", unique=True, postgresql_where=text(LIVE_PAYMENT)
        ),
        CheckConstraint("state IN ('due', 'sent', 'paid', 'returned', 'reissued')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(PERIOD, name="period"),
        CheckConstraint("attempt >= 1 AND (attempt = 1) = (previous_id IS NULL)", name="attempt_linked"),
        CheckConstraint(
            "state NOT IN ('returned', 'reissued') OR (code <> '' AND code IS NOT NULL)",
            name="returned_says_why",
        ),
    )

    id: UUID = Field(primary_key=True)
    payment_run_id: UUID = Field(foreign_key="payment_run.id")
    line: int
    application_id: UUID = Field(foreign_key="application.id")
    resident_id: UUID
    unit_id: UUID
    period: str
    attempt: int
    previous_id: UUID | None = Field(default=None, foreign_key="payment.id")
    currency: str
    amount_minor: int = Field(sa_type=BIGINT)
    payee_name: bytes = Field(sa_type=LargeBinary)
    bank_account: bytes = Field(sa_type=LargeBinary)
    state: str
    answered_on: date | None = None
    code: str | None = None
    reason: bytes | None = None
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class BankFileRow(Row, table=True):
    """What was handed to the bank, so that it can be made again to the byte."""

    __tablename__ = "bank_file"

    payment_run_id: UUID = Field(primary_key=True, foreign_key="payment_run.id")
    message_id: str = Field(unique=True)
    charset: str
    pay_on: date
    count: int
    currency: str
    total_minor: int = Field(sa_type=BIGINT)
    sha256: str
    made_by: UUID
    made_at: datetime = Field(sa_type=TIMESTAMPTZ)
