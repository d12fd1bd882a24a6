"""Whoever took a request up has to begin in time, or its worker is told; what is wanted later is to be done later."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_times"
down_revision = "2026_11_27_likeness_covers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request", sa.Column("resolve_from", sa.DateTime(timezone=True)))
    op.drop_constraint(op.f("ck_request_escalated_while_it_waits"), "request")
    op.create_check_constraint(
        op.f("ck_request_escalated_while_it_waits"),
        "request",
        "state IN ('triaged', 'assigned') OR NOT escalated",
    )
    # Of what was taken up before: a day longer than it was wanted.
    op.execute(
        """
        INSERT INTO timer (kind, aggregate, due_at)
        SELECT 'take_up', id, wanted_until + interval '1 day' FROM request
        WHERE state = 'assigned' AND wanted_until IS NOT NULL ON CONFLICT DO NOTHING
        """
    )
