"""Categories are a tree that is changed in versions; how a request came, what it answered, and what came twice under its id."""

import sqlalchemy as sa
from alembic import op

from platform_kit.row_security import EVERYBODY, ME, guard, has
from platform_kit.tables import JSONB

revision = "2026_11_25_filing"
down_revision = "2026_11_25_clocks"
branch_labels = None
depends_on = None

# What lies about in the open is for everybody to see; what somebody needs is not.
PUBLIC = ("department",)
SETS = has("operator", "district")


def upgrade() -> None:
    for column in (
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("parent", sa.String(), sa.ForeignKey("category.code", name=op.f("fk_category_parent"))),
        sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("call", sa.String()),
        sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("questions", JSONB, nullable=False, server_default="[]"),
    ):
        op.add_column("category", column)
    category = sa.table("category", *map(sa.column, ("route", "private")))
    op.execute(category.update().where(category.c.route.in_(PUBLIC)).values(private=False))
    op.create_check_constraint(op.f("ck_category_call"), "category", "call IN ('110', '119', '120')")
    op.create_table(
        "category_version",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["category.code"], name=op.f("fk_category_version_code")),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_category_version")),
    )
    op.execute(
        "INSERT INTO category_version SELECT code, version, to_jsonb(category), NULL, linli_now() FROM category"
    )
    op.add_column("request", sa.Column("category_version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("request", sa.Column("channel", sa.String(), nullable=False, server_default="app"))
    op.add_column("request", sa.Column("urgency", sa.String(), nullable=False, server_default="normal"))
    op.add_column("request", sa.Column("author_id", sa.Uuid()))
    op.add_column("request", sa.Column("answers", sa.LargeBinary()))
    op.add_column("request", sa.Column("content_print", sa.LargeBinary()))
    op.create_check_constraint(
        op.f("ck_request_channel"), "request", "channel IN ('app', 'web', 'counter', 'phone', 'visit')"
    )
    op.create_check_constraint(
        op.f("ck_request_urgency"), "request", "urgency IN ('normal', 'urgent', 'emergency')"
    )
    op.create_table(
        "filing_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_filing_conflict_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_conflict")),
    )
    op.create_index("ix_filing_conflict_request_id", "filing_conflict", ["request_id", "id"])
    # The catalogue was the migrations' alone until now.
    for policy, clause in (
        ("add", f"WITH CHECK ({SETS})"),
        ("change", f"USING ({SETS}) WITH CHECK ({SETS})"),
    ):
        command = {"add": "INSERT", "change": "UPDATE"}[policy]
        op.execute(f"CREATE POLICY set_{policy} ON category FOR {command} {clause}")
    guard("category_version", see=EVERYBODY, add=f"set_by = {ME} AND {SETS}")
    of_a_request = "EXISTS (SELECT FROM request r WHERE r.id = request_id)"
    guard("filing_conflict", see=of_a_request, add=f"sent_by = {ME} AND {of_a_request}")
