"""An appointment can end before the day it was made for."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_appointments_end"
down_revision = "2026_11_25_subject_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointment", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
