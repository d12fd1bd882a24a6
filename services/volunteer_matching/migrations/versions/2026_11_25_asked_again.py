"""From whom an offer was withdrawn may be asked again when the holder steps back."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_asked_again"
down_revision = "2026_11_25_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_offer_task_id", "offer", ["task_id"], unique=False)
    op.drop_index("uq_offer_task_volunteer", "offer")
    op.create_index(
        "uq_offer_task_volunteer",
        "offer",
        ["task_id", "volunteer_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
