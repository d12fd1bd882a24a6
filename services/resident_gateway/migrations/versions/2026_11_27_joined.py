"""Whose own goes on as another's request is told what its resident is told, and not what a follower is."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_joined"
down_revision = "2026_11_27_hold"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "subject_follower", sa.Column("joined", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
