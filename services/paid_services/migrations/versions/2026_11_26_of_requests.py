"""Orders that were quoted because a request was routed here: each event of a request is answered by one at most."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_of_requests"
down_revision = "2026_11_25_newest_by_state"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("service_order", sa.Column("request_id", sa.Uuid()))
    op.add_column("service_order", sa.Column("request_version", sa.Integer()))
    op.create_index(
        "uq_service_order_request",
        "service_order",
        ["request_id", "request_version"],
        unique=True,
        postgresql_where="request_id IS NOT NULL",
    )
