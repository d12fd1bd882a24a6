"""The first tables."""

import sqlalchemy as sa
from alembic import op

from platform_kit.migrate import create_backbone
from registry_replica.migrate import create_replica

revision = "2026_11_25_first"
down_revision = None
branch_labels = None
depends_on = None

# The books keep themselves: whoever writes past the code is refused here.
BOOKS = (
    """
    CREATE FUNCTION ledger_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM ledger_entry WHERE transaction_id = NEW.transaction_id
            GROUP BY currency HAVING sum(amount_minor) <> 0
        ) THEN
            RAISE EXCEPTION 'ledger transaction % does not sum to zero', NEW.transaction_id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER sums_to_zero AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_sums_to_zero()
    """,
    """
    CREATE FUNCTION ledger_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of the ledger is never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_never_changes()
    """,
    """
    CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transaction
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_never_changes()
    """,
    # The period's row is held while something is posted into it: closing waits, or is seen.
    """
    CREATE FUNCTION period_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        day date;
        the_month text;
        closed timestamptz;
    BEGIN
        IF TG_TABLE_NAME = 'ledger_entry' THEN
            SELECT posted_on INTO day FROM ledger_transaction WHERE id = NEW.transaction_id;
        ELSE
            day := NEW.posted_on;
        END IF;
        the_month := to_char(day, 'YYYY-MM');
        INSERT INTO period (month) VALUES (the_month) ON CONFLICT DO NOTHING;
        SELECT closed_at INTO closed FROM period WHERE month = the_month FOR SHARE;
        IF closed IS NOT NULL THEN
            RAISE EXCEPTION 'the month % is closed', the_month USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER period_is_open BEFORE INSERT ON ledger_transaction
    FOR EACH ROW EXECUTE FUNCTION period_is_open()
    """,
    """
    CREATE TRIGGER period_is_open BEFORE INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION period_is_open()
    """,
)


def upgrade() -> None:
    create_backbone()
    create_replica()
    op.execute("CREATE SEQUENCE order_serial")
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'provider_payable') = (provider_id IS NOT NULL)",
            name=op.f("ck_ledger_account_payable_to_somebody"),
        ),
        sa.CheckConstraint(
            "kind IN ('cash', 'subsidy_receivable', 'fee_receivable', 'provider_payable', 'community_fund')",
            name=op.f("ck_ledger_account_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
    )
    op.create_index(
        "uq_ledger_account",
        "ledger_account",
        ["kind", "unit_id", "provider_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "period",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_period")),
    )
    op.create_table(
        "provider",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("services", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("person_id", name=op.f("uq_provider_person_id")),
    )
    op.create_table(
        "receipt_series",
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_receipt_series")),
    )
    op.create_table(
        "service",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("per", sa.String(), nullable=False),
        sa.Column("subsidy_percent", sa.Integer(), nullable=False),
        sa.Column("provider_weight", sa.Integer(), nullable=False),
        sa.Column("community_weight", sa.Integer(), nullable=False),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_service_price_positive")),
        sa.CheckConstraint("provider_weight >= 0 AND community_weight >= 0", name=op.f("ck_service_weights")),
        sa.CheckConstraint("subsidy_percent BETWEEN 0 AND 100", name=op.f("ck_service_subsidy_percent")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_service")),
    )
    op.create_table(
        "service_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_minor", sa.BigInteger(), nullable=False),
        sa.Column("to_pay_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_reversed_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("provider_weight", sa.Integer(), nullable=False),
        sa.Column("community_weight", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('quoted', 'booked', 'assigned', 'in_service', 'completed', 'confirmed', 'paid', 'cancelled', 'disputed', 'refunded')",
            name=op.f("ck_service_order_state"),
        ),
        sa.CheckConstraint(
            "paid_minor = 0 OR paid_minor = to_pay_minor", name=op.f("ck_service_order_paid_in_full")
        ),
        sa.CheckConstraint(
            "refunded_minor BETWEEN 0 AND paid_minor", name=op.f("ck_service_order_refunds_within_paid")
        ),
        sa.CheckConstraint(
            "subsidy_minor + to_pay_minor = price_minor", name=op.f("ck_service_order_parts_add_up")
        ),
        sa.CheckConstraint(
            "subsidy_reversed_minor BETWEEN 0 AND subsidy_minor",
            name=op.f("ck_service_order_subsidy_reversed"),
        ),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_service_order_provider_id")),
        sa.ForeignKeyConstraint(["service"], ["service.code"], name=op.f("fk_service_order_service")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_order")),
        sa.UniqueConstraint("order_number", name=op.f("uq_service_order_order_number")),
    )
    op.create_index("ix_service_order_provider", "service_order", ["provider_id", "id"], unique=False)
    op.create_index(op.f("ix_service_order_resident_id"), "service_order", ["resident_id"], unique=False)
    op.create_index("ix_service_order_worklist", "service_order", ["unit_id", "state", "id"], unique=False)
    op.create_table(
        "ledger_transaction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('payment', 'refund', 'fee')", name=op.f("ck_ledger_transaction_kind")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["service_order.id"], name=op.f("fk_ledger_transaction_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transaction")),
    )
    op.create_index(
        "ix_ledger_transaction_posted_on", "ledger_transaction", ["posted_on", "id"], unique=False
    )
    op.create_index(
        "uq_ledger_transaction_once",
        "ledger_transaction",
        ["order_id", "kind"],
        unique=True,
        postgresql_where=sa.text("kind IN ('payment', 'fee')"),
    )
    op.create_table(
        "receipt",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("collected_by", sa.Uuid(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["service_order.id"], name=op.f("fk_receipt_order_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_receipt")),
        sa.UniqueConstraint("order_id", name=op.f("uq_receipt_order_id")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_ledger_entry_not_zero")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_entry_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_transaction.id"], name=op.f("fk_ledger_entry_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_index(op.f("ix_ledger_entry_account_id"), "ledger_entry", ["account_id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_transaction_id"), "ledger_entry", ["transaction_id"], unique=False)
    for statement in BOOKS:
        op.execute(statement)
