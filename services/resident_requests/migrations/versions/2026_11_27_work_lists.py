"""Lists and figures of what one person was given, by indexes of their own; and who works where, so that they can be given something."""

import sqlalchemy as sa
from alembic import op

from platform_kit.row_security import ME, guard

revision = "2026_11_27_work_lists"
down_revision = "2026_11_27_neighbours"
branch_labels = None
depends_on = None

IS_OPEN = "state IN ('assigned', 'awaiting_resident', 'in_progress', 'reopened', 'submitted', 'triaged')"


def upgrade() -> None:
    _index()
    _appointments()


def _appointments() -> None:
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
    op.create_index(op.f("ix_appointment_staff_id"), "appointment", ["staff_id"])
    guard("appointment", see=f"staff_id = {ME}")


def _index() -> None:
    # What the rows' policy asks of each stands in the index as well, so that it alone can answer.
    op.create_index(
        "ix_request_assignee",
        "request",
        ["assignee_id", "state", "id"],
        postgresql_include=["unit_id", "resident_id"],
        postgresql_where="assignee_id IS NOT NULL",
    )
    op.create_index(
        "ix_request_assignee_due",
        "request",
        ["assignee_id", "due_at", "id"],
        postgresql_include=["unit_id", "resident_id"],
        postgresql_where="assignee_id IS NOT NULL AND due_at IS NOT NULL",
    )
    op.drop_index("ix_request_open", "request")
    op.create_index(
        "ix_request_open",
        "request",
        ["unit_id", "category"],
        postgresql_include=["state", "due_at", "occurred_at", "resident_id", "assignee_id"],
        postgresql_where=IS_OPEN,
    )
