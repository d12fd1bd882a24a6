"""The rows of paid services and its ledger. Triggers in the first migration keep the books: zero sums, no changes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Identity, Index, Sequence, String, text
from sqlmodel import Field, SQLModel

from platform_kit.tables import BIGINT, TIMESTAMPTZ, service_registry
from registry_replica.tables import add_replica_tables


class Row(SQLModel, registry=service_registry()):
    """Every table of this service."""


add_replica_tables(Row.metadata)
ORDER_SERIAL = Sequence("order_serial", metadata=Row.metadata)


class ServiceRow(Row, table=True):
    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint("subsidy_percent BETWEEN 0 AND 100", name="subsidy_percent"),
        CheckConstraint("provider_weight >= 0 AND community_weight >= 0", name="weights"),
    )

    code: str = Field(primary_key=True)
    name_zh: str
    name_en: str
    price_minor: int = Field(sa_type=BIGINT)
    currency: str
    per: str
    subsidy_percent: int
    provider_weight: int
    community_weight: int


class ProviderRow(Row, table=True):
    __tablename__ = "provider"

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(unique=True)
    unit_id: UUID
    services: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class OrderRow(Row, table=True):
    __tablename__ = "service_order"
    __table_args__ = (
        CheckConstraint(
            "state IN ('quoted', 'booked', 'assigned', 'in_service', 'completed', 'confirmed', 'paid', 'cancelled',"
            " 'disputed', 'refunded')",
            name="state",
        ),
        CheckConstraint("subsidy_minor + to_pay_minor = price_minor", name="parts_add_up"),
        CheckConstraint("paid_minor = 0 OR paid_minor = to_pay_minor", name="paid_in_full"),
        CheckConstraint("refunded_minor BETWEEN 0 AND paid_minor", name="refunds_within_paid"),
        CheckConstraint("subsidy_reversed_minor BETWEEN 0 AND subsidy_minor", name="subsidy_reversed"),
        Index(
            "ix_service_order_newest",
            "state",
            "id",
            postgresql_include=["unit_id", "resident_id", "provider_id"],
        ),
        Index(
            "ix_service_order_worklist",
            "unit_id",
            "state",
            "id",
            postgresql_include=["resident_id", "provider_id"],
        ),
        Index("ix_service_order_provider", "provider_id", "id"),
        Index(
            "uq_service_order_request",
            "request_id",
            "request_version",
            unique=True,
            postgresql_where=text("request_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    order_number: str = Field(unique=True)
    resident_id: UUID = Field(index=True)
    unit_id: UUID
    service: str = Field(foreign_key="service.code")
    quantity: int
    starts_at: datetime = Field(sa_type=TIMESTAMPTZ)
    valid_until: datetime = Field(sa_type=TIMESTAMPTZ)
    price_minor: int = Field(sa_type=BIGINT)
    subsidy_minor: int = Field(sa_type=BIGINT)
    to_pay_minor: int = Field(sa_type=BIGINT)
    paid_minor: int = Field(sa_type=BIGINT)
    refunded_minor: int = Field(sa_type=BIGINT)
    subsidy_reversed_minor: int = Field(sa_type=BIGINT)
    fee_minor: int = Field(sa_type=BIGINT)
    currency: str
    provider_weight: int
    community_weight: int
    state: str
    provider_id: UUID | None = Field(default=None, foreign_key="provider.id")
    request_id: UUID | None = None
    request_version: int | None = None
    version: int
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class AccountRow(Row, table=True):
    __tablename__ = "ledger_account"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('cash', 'subsidy_receivable', 'fee_receivable', 'provider_payable', 'community_fund')",
            name="kind",
        ),
        CheckConstraint(
            "(kind = 'provider_payable') = (provider_id IS NOT NULL)", name="payable_to_somebody"
        ),
        Index(
            "uq_ledger_account",
            "kind",
            "unit_id",
            "provider_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: str
    unit_id: UUID
    provider_id: UUID | None = None


class TransactionRow(Row, table=True):
    __tablename__ = "ledger_transaction"
    __table_args__ = (
        CheckConstraint("kind IN ('payment', 'refund', 'fee')", name="kind"),
        Index(
            "uq_ledger_transaction_once",
            "order_id",
            "kind",
            unique=True,
            postgresql_where=text("kind IN ('payment', 'fee')"),
        ),
        Index("ix_ledger_transaction_posted_on", "posted_on", "id"),
    )

    id: UUID = Field(primary_key=True)
    kind: str
    order_id: UUID = Field(foreign_key="service_order.id")
    posted_on: date
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class EntryRow(Row, table=True):
    __tablename__ = "ledger_entry"
    __table_args__ = (CheckConstraint("amount_minor <> 0", name="not_zero"),)

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    transaction_id: UUID = Field(foreign_key="ledger_transaction.id", index=True)
    account_id: int = Field(sa_type=BIGINT, foreign_key="ledger_account.id", index=True)
    amount_minor: int = Field(sa_type=BIGINT)
    currency: str


class ReceiptSeriesRow(Row, table=True):
    """One row a series, locked by whoever draws its next number: no number is ever skipped or given twice."""

    __tablename__ = "receipt_series"

    series: str = Field(primary_key=True)
    last: int = Field(sa_type=BIGINT)


class ReceiptRow(Row, table=True):
    __tablename__ = "receipt"

    number: str = Field(primary_key=True)
    order_id: UUID = Field(unique=True, foreign_key="service_order.id")
    amount_minor: int = Field(sa_type=BIGINT)
    currency: str
    method: str
    collected_by: UUID
    issued_on: date


class PeriodRow(Row, table=True):
    __tablename__ = "period"

    month: str = Field(primary_key=True)
    closed_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    closed_by: UUID | None = None
