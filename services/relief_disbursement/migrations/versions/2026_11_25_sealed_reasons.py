"""Why officers declined and what the bank wrote are sealed; what lay there in plain text is gone with the rewritten tables."""

from alembic import op

revision = "2026_11_25_sealed_reasons"
down_revision = "2026_11_25_work_calendar"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("ck_payment_returned_says_why", "payment")
    for table in ("application", "payment"):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN reason TYPE bytea USING NULL")
    op.execute(
        "ALTER TABLE payment ADD CONSTRAINT ck_payment_returned_says_why"
        " CHECK (state NOT IN ('returned', 'reissued') OR (code <> '' AND code IS NOT NULL))"
    )
