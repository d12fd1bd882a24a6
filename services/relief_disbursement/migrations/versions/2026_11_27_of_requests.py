"""Requests that were routed to relief, and the applications that answer them: one for each time that a request was routed."""

import sqlalchemy as sa
from alembic import op

from platform_kit.migrate import create_hold
from platform_kit.row_security import ME, guard
from registry_replica.row_security import lets, reaches

revision = "2026_11_27_of_requests"
down_revision = "2026_11_26_answers_by_call"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_hold()
    op.create_table(
        "relief_request",
        sa.Column("request_id", sa.Uuid(), primary_key=True),
        sa.Column("request_version", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    # Kept and ended by what is told of it alone.
    guard(
        "relief_request",
        see=f"{reaches('worker', 'street', 'district')} OR resident_id = {ME} OR {lets('resident_id')}",
    )
    op.add_column("application", sa.Column("request_id", sa.Uuid()))
    op.add_column("application", sa.Column("request_version", sa.Integer()))
    op.create_index(
        "uq_application_request",
        "application",
        ["request_id", "request_version"],
        unique=True,
        postgresql_where=sa.text("request_id IS NOT NULL"),
    )
