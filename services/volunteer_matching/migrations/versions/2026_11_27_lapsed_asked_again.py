"""Who let an offer lapse may be asked again."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_lapsed_asked_again"
down_revision = "2026_11_26_answers_by_call"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("uq_offer_task_volunteer", "offer")
    op.create_index(
        "uq_offer_task_volunteer",
        "offer",
        ["task_id", "volunteer_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('withdrawn', 'expired')"),
    )
