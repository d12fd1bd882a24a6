"""When each unit is at work: no secret, and set by the operator or the district."""

import sqlalchemy as sa
from alembic import op

from platform_kit.row_security import EVERYBODY, guard, has
from platform_kit.tables import JSONB
from registry_replica.row_security import reaches

revision = "2026_11_25_work_calendar"
down_revision = "2026_11_25_row_security"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_calendar",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_work_calendar_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_work_calendar")),
    )
    theirs = f"{has('operator')} OR {reaches('district')}"
    guard("work_calendar", see=EVERYBODY, add=theirs, change=theirs)
