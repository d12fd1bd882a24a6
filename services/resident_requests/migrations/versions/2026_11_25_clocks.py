"""What is promised and by when, what was missed, and what is said on the way."""

import sqlalchemy as sa
from alembic import op

from platform_kit.row_security import ME, guard
from registry_replica.row_security import STAFF, reaches

revision = "2026_11_25_clocks"
down_revision = "2026_11_25_work_calendar"
branch_labels = None
depends_on = None

HOURS = ("respond_hours", "resolve_hours", "escalate_hours")
# Working hours by route: until somebody looks at it, until it is done, until the district is told after the street.
PROMISES = {
    "volunteers": (4, 24, 8), "community": (8, 40, 8), "paid_service": (8, 40, 8), "relief": (8, 80, 16),
    "department": (8, 80, 16),
}  # fmt: skip
STATES = (
    "submitted", "triaged", "assigned", "in_progress", "awaiting_resident", "resolved", "closed", "reopened", "rejected",
    "withdrawn",
)  # fmt: skip

IS_OPEN = "state IN ('assigned', 'awaiting_resident', 'in_progress', 'reopened', 'submitted', 'triaged')"


def upgrade() -> None:
    for name in HOURS:
        op.add_column("category", sa.Column(name, sa.Integer()))
    category = sa.table("category", *map(sa.column, ("route", *HOURS)))
    for route, hours in PROMISES.items():
        op.execute(
            category.update().where(category.c.route == route).values(dict(zip(HOURS, hours, strict=True)))
        )
    for name in HOURS:
        op.alter_column("category", name, nullable=False)
        op.create_check_constraint(op.f(f"ck_category_{name}"), "category", f"{name} BETWEEN 1 AND 500")
    op.add_column("request", sa.Column("round", sa.Integer(), nullable=False, server_default="0"))
    for name in ("respond_by", "responded_at", "resolve_by", "paused_at", "due_at"):
        op.add_column("request", sa.Column(name, sa.DateTime(timezone=True)))
    op.drop_constraint(op.f("ck_request_state"), "request")
    states = ", ".join(f"'{state}'" for state in STATES)
    op.create_check_constraint(op.f("ck_request_state"), "request", f"state IN ({states})")
    op.create_index(
        "ix_request_due",
        "request",
        ["unit_id", "due_at", "id"],
        postgresql_include=["resident_id"],
        postgresql_where="due_at IS NOT NULL",
    )
    op.create_index(
        "ix_request_open",
        "request",
        ["unit_id", "category"],
        postgresql_include=["state", "due_at", "occurred_at", "resident_id"],
        postgresql_where=IS_OPEN,
    )
    op.create_table(
        "breach",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_breach_request_id")),
        sa.PrimaryKeyConstraint("request_id", "round", "clock", "level", name=op.f("pk_breach")),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('from_resident', 'from_staff', 'question', 'answer', 'note')",
            name=op.f("ck_comment_kind"),
        ),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_comment_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index("ix_comment_request_id", "comment", ["request_id", "id"])
    of_a_request = "EXISTS (SELECT FROM request r WHERE r.id = request_id{and_})"
    at_work = of_a_request.replace("{and_}", f" AND {reaches(*STAFF, unit='r.unit_id')}")
    guard("breach", see=of_a_request.replace("{and_}", ""))
    guard(
        "comment",
        see=f"CASE WHEN kind = 'note' THEN {at_work} ELSE {of_a_request.replace('{and_}', '')} END",
        add=f"""author_id = {ME} AND CASE WHEN kind IN ('from_staff', 'question', 'note') THEN {at_work}
            ELSE {of_a_request.replace("{and_}", "")} END""",
    )
