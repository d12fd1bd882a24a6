"""Lists and figures of what one person was given, by indexes of their own."""

from alembic import op

revision = "2026_11_27_work_lists"
down_revision = "2026_11_27_turns"
branch_labels = None
depends_on = None

IS_OPEN = "state IN ('assigned', 'awaiting_resident', 'in_progress', 'reopened', 'submitted', 'triaged')"


def upgrade() -> None:
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
