"""Each event of a request that asks for volunteers makes one task, however often it is read."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_asked_once"
down_revision = "2026_11_25_newest_by_state"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("request_version", sa.Integer()))
    op.create_index(
        "uq_task_request_version",
        "task",
        ["request_id", "request_version"],
        unique=True,
        postgresql_where="request_version IS NOT NULL",
    )
