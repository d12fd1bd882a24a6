"""The search for the same finds all that it compares in its indexes."""

from alembic import op

revision = "2026_11_27_likeness_covers"
down_revision = "2026_11_27_turns"
branch_labels = None
depends_on = None

IS_OPEN = "state IN ('assigned', 'awaiting_resident', 'in_progress', 'reopened', 'submitted', 'triaged')"
COMPARED = ["request_id", "case_number", "state", "latitude", "longitude", "prints"]


def upgrade() -> None:
    for name, place in (("ix_likeness_cell", "cell"), ("ix_likeness_unit_id", "unit_id")):
        op.drop_index(name, "likeness")
        op.create_index(
            name,
            "likeness",
            ["category", place, "occurred_at"],
            postgresql_include=COMPARED,
            postgresql_where=IS_OPEN,
        )
