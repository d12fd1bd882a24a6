"""Sessions, throttles, second factors; staff's posts come from the registry's appointments."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_sign_in"
down_revision = "2026_11_25_subject_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("account", "posts")
    op.execute(
        "UPDATE account SET roles = ARRAY(SELECT r FROM unnest(roles) r"
        " WHERE r NOT IN ('worker', 'street', 'district', 'finance', 'finance_lead', 'auditor'))"
    )
    op.add_column("account", sa.Column("totp_secret", sa.LargeBinary(), nullable=True))
    op.add_column("account", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_account_code_has_a_secret"), "account", "totp_step IS NULL OR totp_secret IS NOT NULL"
    )
    op.drop_constraint(op.f("ck_account_kind"), "account")
    op.create_check_constraint(op.f("ck_account_kind"), "account", "kind IN ('code', 'password', 'provider')")
    # Codes live five minutes: whoever waits for one asks again.
    op.drop_table("one_time_code")
    op.create_table(
        "one_time_code",
        sa.Column("account_index", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries_left >= 0", name=op.f("ck_one_time_code_tries_left")),
        sa.PrimaryKeyConstraint("account_index", name=op.f("pk_one_time_code")),
    )
    op.create_index(op.f("ix_one_time_code_expires_at"), "one_time_code", ["expires_at"], unique=False)
    op.create_table(
        "throttle",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("idle_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.create_index(op.f("ix_throttle_idle_at"), "throttle", ["idle_at"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_session_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_account_id"), "session", ["account_id"], unique=False)
    op.create_index(op.f("ix_session_ends_at"), "session", ["ends_at"], unique=False)
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index(op.f("ix_appointment_staff_id"), "appointment", ["staff_id"], unique=False)
