"""The first tables of relief, and the triggers that keep what was paid from being rewritten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from platform_kit.migrate import create_backbone
from registry_replica.migrate import create_replica

revision = "2026_11_25_first"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
PERIOD = "period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'"


def upgrade() -> None:
    create_backbone()
    create_replica()
    _programmes()
    _applications()
    _payments()
    _frozen()


def _programmes() -> None:
    op.create_table(
        "programme",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), nullable=False),
        sa.Column("monthly_minor", sa.BigInteger(), nullable=False),
        sa.Column("committed_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("unit_id", "code", "year", name="uq_programme_code"),
        sa.CheckConstraint("committed_minor >= 0 AND paid_minor >= 0", name="ck_programme_not_negative"),
        sa.CheckConstraint("committed_minor + paid_minor <= budget_minor", name="ck_programme_within_budget"),
        sa.CheckConstraint("monthly_minor > 0", name="ck_programme_monthly_positive"),
    )


def _applications() -> None:
    op.create_table(
        "application",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("programme_id", sa.Uuid(), sa.ForeignKey("programme.id"), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("parties", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("asked_minor", sa.BigInteger(), nullable=False),
        sa.Column("granted_minor", sa.BigInteger()),
        sa.Column("from_on", sa.Date()),
        sa.Column("notice_until", INSTANT),
        sa.Column("reason", sa.String()),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("payee_name", sa.LargeBinary(), nullable=False),
        sa.Column("bank_account", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'on_notice', 'street_reviewed', 'active',"
            " 'returned_for_evidence', 'rejected')",
            name="ck_application_state",
        ),
        sa.CheckConstraint(
            "state <> 'on_notice' OR notice_until IS NOT NULL", name="ck_application_notice_has_an_end"
        ),
        sa.CheckConstraint(
            "state <> 'active' OR (granted_minor IS NOT NULL AND from_on IS NOT NULL)",
            name="ck_application_active_is_granted",
        ),
        sa.CheckConstraint("asked_minor > 0 AND granted_minor > 0", name="ck_application_positive"),
    )
    op.create_index(
        "uq_application_open",
        "application",
        ["programme_id", "household_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('rejected', 'ended')"),
    )
    op.create_index("ix_application_worklist", "application", ["unit_id", "state", "id"])
    op.create_index(
        "ix_application_notice",
        "application",
        ["notice_until"],
        postgresql_where=sa.text("state = 'on_notice'"),
    )
    op.create_table(
        "review",
        sa.Column("application_id", sa.Uuid(), sa.ForeignKey("application.id"), primary_key=True),
        sa.Column("round", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("level", sa.String(), primary_key=True),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("parties", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.UniqueConstraint("application_id", "round", "reviewer_id", name="uq_review_reviewer"),
        sa.CheckConstraint("level IN ('verify', 'review', 'approve')", name="ck_review_level"),
        sa.CheckConstraint("decision IN ('approve', 'return', 'reject')", name="ck_review_decision"),
        sa.CheckConstraint("reviewer_id <> ALL (parties)", name="ck_review_never_a_party"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("application_id", sa.Uuid(), sa.ForeignKey("application.id"), nullable=False, index=True),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_table(
        "objection",
        sa.Column("application_id", sa.Uuid(), sa.ForeignKey("application.id"), primary_key=True),
        sa.Column("round", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("objected_by", sa.Uuid(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )


def _payments() -> None:
    op.create_table(
        "payment_run",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("programme_id", sa.Uuid(), sa.ForeignKey("programme.id"), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("calculated_by", sa.Uuid()),
        sa.Column("checked_by", sa.Uuid()),
        sa.Column("released_by", sa.Uuid()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'calculated', 'checked', 'released', 'sent', 'settled')",
            name="ck_payment_run_state",
        ),
        sa.CheckConstraint(PERIOD, name="ck_payment_run_period"),
        sa.CheckConstraint("released_by <> calculated_by", name="ck_payment_run_two_people"),
        sa.CheckConstraint(
            "state = 'draft' OR (calculated_by IS NOT NULL AND count > 0)", name="ck_payment_run_calculated"
        ),
        sa.CheckConstraint(
            "state NOT IN ('released', 'sent', 'settled') OR released_by IS NOT NULL",
            name="ck_payment_run_released",
        ),
    )
    op.create_index("ix_payment_run_programme", "payment_run", ["programme_id", "id"])
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("payment_run_id", sa.Uuid(), sa.ForeignKey("payment_run.id"), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), sa.ForeignKey("application.id"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.Uuid(), sa.ForeignKey("payment.id")),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("payee_name", sa.LargeBinary(), nullable=False),
        sa.Column("bank_account", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answered_on", sa.Date()),
        sa.Column("code", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("application_id", "period", "attempt", name="uq_payment_attempt"),
        sa.UniqueConstraint("previous_id", name="uq_payment_previous"),
        sa.UniqueConstraint("payment_run_id", "line", name="uq_payment_line"),
        sa.CheckConstraint(
            "state IN ('due', 'sent', 'paid', 'returned', 'reissued')", name="ck_payment_state"
        ),
        sa.CheckConstraint("amount_minor > 0", name="ck_payment_amount_positive"),
        sa.CheckConstraint(PERIOD, name="ck_payment_period"),
        sa.CheckConstraint(
            "attempt >= 1 AND (attempt = 1) = (previous_id IS NULL)", name="ck_payment_attempt_linked"
        ),
        sa.CheckConstraint(
            "state NOT IN ('returned', 'reissued') OR (code <> '' AND reason <> '' AND code IS NOT NULL"
            " AND reason IS NOT NULL)",
            name="ck_payment_returned_says_why",
        ),
    )
    op.create_index(
        "uq_payment_live",
        "payment",
        ["application_id", "period"],
        unique=True,
        postgresql_where=sa.text("state IN ('due', 'sent', 'paid')"),
    )
    op.create_table(
        "bank_file",
        sa.Column("payment_run_id", sa.Uuid(), sa.ForeignKey("payment_run.id"), primary_key=True),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("charset", sa.String(), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.UniqueConstraint("message_id", name="uq_bank_file_message_id"),
    )


def _frozen() -> None:
    """A calculated run keeps its lines and figures, and a payment its payee, account and amount, for ever."""
    op.execute(
        """
        CREATE FUNCTION keep_payment() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF (SELECT state FROM payment_run WHERE id = NEW.payment_run_id) <> 'draft' THEN
                    RAISE EXCEPTION 'a calculated run takes no more lines' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END IF;
            IF TG_OP = 'DELETE' OR
               (NEW.id, NEW.payment_run_id, NEW.line, NEW.application_id, NEW.period, NEW.attempt,
                NEW.previous_id, NEW.currency, NEW.amount_minor, NEW.payee_name, NEW.bank_account)
               IS DISTINCT FROM
               (OLD.id, OLD.payment_run_id, OLD.line, OLD.application_id, OLD.period, OLD.attempt,
                OLD.previous_id, OLD.currency, OLD.amount_minor, OLD.payee_name, OLD.bank_account)
            THEN
                RAISE EXCEPTION 'a payment is never rewritten' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_payment BEFORE INSERT OR UPDATE OR DELETE ON payment"
        " FOR EACH ROW EXECUTE FUNCTION keep_payment()"
    )
    op.execute(
        """
        CREATE FUNCTION keep_payment_run() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR OLD.state <> 'draft' AND
               (NEW.id, NEW.programme_id, NEW.period, NEW.count, NEW.currency, NEW.total_minor,
                NEW.calculated_by)
               IS DISTINCT FROM
               (OLD.id, OLD.programme_id, OLD.period, OLD.count, OLD.currency, OLD.total_minor,
                OLD.calculated_by)
               OR OLD.state IN ('released', 'sent', 'settled') AND
               (NEW.checked_by, NEW.released_by) IS DISTINCT FROM (OLD.checked_by, OLD.released_by)
            THEN
                RAISE EXCEPTION 'a calculated run is never rewritten' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_payment_run BEFORE UPDATE OR DELETE ON payment_run"
        " FOR EACH ROW EXECUTE FUNCTION keep_payment_run()"
    )
