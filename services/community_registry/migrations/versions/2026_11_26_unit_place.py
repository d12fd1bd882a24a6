"""Where each unit lies: no secret, and drawn by the operator or the district."""

import sqlalchemy as sa
from alembic import op

from platform_kit.row_security import EVERYBODY, guard, has
from platform_kit.tables import JSONB
from registry_replica.row_security import reaches

revision = "2026_11_26_unit_place"
down_revision = "2026_11_25_work_calendar"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unit_place",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_place_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit_place")),
    )
    theirs = f"{has('operator')} OR {reaches('district')}"
    guard("unit_place", see=EVERYBODY, add=theirs, change=theirs)
