"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from platform_kit.migrate import create_backbone
from registry_replica.migrate import create_replica

revision = "2026_11_25_first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_backbone()
    create_replica()
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "volunteer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("skills", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer")),
        sa.UniqueConstraint("person_id", name=op.f("uq_volunteer_person_id")),
    )
    op.create_index(op.f("ix_volunteer_unit_id"), "volunteer", ["unit_id"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("volunteer_id", sa.Uuid(), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("volunteer_id"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("state IN ('accepted', 'checked_in')"),
            using="gist",
            name="ex_task_one_at_a_time",
        ),
        sa.CheckConstraint(
            "(state IN ('accepted', 'checked_in', 'done', 'confirmed')) = (volunteer_id IS NOT NULL) OR state = 'cancelled'",
            name=op.f("ck_task_held_by_one"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'offered', 'accepted', 'checked_in', 'done', 'confirmed', 'escalated', 'cancelled')",
            name=op.f("ck_task_state"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_task_ends_after_it_starts")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteer.id"], name=op.f("fk_task_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_volunteer_id", "task", ["volunteer_id"], unique=False)
    op.create_index("ix_task_worklist", "task", ["unit_id", "state", "id"], unique=False)
    op.create_index(
        "uq_task_live_request_id",
        "task",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'offered', 'accepted', 'checked_in')"),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("volunteer_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')", name=op.f("ck_offer_state")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_offer_task_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteer.id"], name=op.f("fk_offer_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index(
        "ix_offer_open", "offer", ["volunteer_id"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index(
        "uq_offer_one_accepted",
        "offer",
        ["task_id"],
        unique=True,
        postgresql_where=sa.text("state = 'accepted'"),
    )
    op.create_index("uq_offer_task_volunteer", "offer", ["task_id", "volunteer_id"], unique=True)
