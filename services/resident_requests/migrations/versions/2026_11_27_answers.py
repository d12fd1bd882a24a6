"""A request knows whose answers move it, by which version of its category it was routed, and what of it was put right last."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_answers"
down_revision = "2026_11_26_answers_by_call"
branch_labels = None
depends_on = None

AS_SYSTEM = """SELECT set_config('linli.caller', '{"system": true}', true)"""


def upgrade() -> None:
    op.add_column("request", sa.Column("asked_version", sa.Integer()))
    op.add_column("request", sa.Column("taken_up_by", sa.Uuid()))
    op.add_column("request", sa.Column("routing_category_version", sa.Integer()))
    op.add_column("request", sa.Column("said_version", sa.Integer(), nullable=False, server_default="1"))
    op.create_foreign_key(
        op.f("fk_request_routing_category"),
        "request",
        "category_version",
        ["category", "routing_category_version"],
        ["code", "version"],
    )
    op.create_check_constraint(
        op.f("ck_request_escalated_while_it_waits"), "request", "state = 'triaged' OR NOT escalated"
    )
    op.execute(AS_SYSTEM)
    # Who was asked is not known of these: whoever answers is believed, as before.
    op.execute(
        "UPDATE request SET asked_version = 0 WHERE state IN ('triaged', 'assigned', 'in_progress', 'awaiting_resident')"
    )
    # What was put right last is not known either: whoever saw an older version is asked to look again.
    op.execute("UPDATE request SET said_version = version WHERE state = 'submitted' AND version > 1")
    op.execute("SELECT set_config('linli.caller', '', true)")
