"""The probe's tables."""

import sqlalchemy as sa
from alembic import op

from platform_kit.migrate import create_audit, create_backbone
from platform_kit.row_security import create_row_security

revision = "2026_11_25_first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_backbone()
    create_audit()
    create_row_security()
    op.create_table(
        "counter",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.execute("CREATE TABLE effect (n bigint GENERATED ALWAYS AS IDENTITY, counter_id uuid, version bigint)")
    op.execute("CREATE TABLE cure (note text PRIMARY KEY)")
    op.execute("CREATE TABLE mark (id uuid PRIMARY KEY)")
    op.execute("CREATE TABLE once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    op.execute("CREATE TABLE bell (counter_id uuid PRIMARY KEY, note text NOT NULL)")
