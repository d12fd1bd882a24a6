"""Where units lie, and by which rules requests are routed: data of the district, in versions."""

import sqlalchemy as sa
from alembic import op

from platform_kit.row_security import EVERYBODY, ME, guard, has
from platform_kit.tables import JSONB
from registry_replica.migrate import create_places
from registry_replica.row_security import STAFF, lets, reaches

revision = "2026_11_26_routing"
down_revision = "2026_11_26_together"
branch_labels = None
depends_on = None

ROUTES = "route IN ('volunteers', 'relief', 'paid_service', 'department', 'community')"


def upgrade() -> None:
    create_places()
    op.create_table(
        "routing_rule",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid()),
        sa.Column("categories", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("urgencies", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("answers", JSONB, nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("skill", sa.String()),
        sa.Column("service", sa.String()),
        sa.Column("auto", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.CheckConstraint(ROUTES, name=op.f("ck_routing_rule_route")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_routing_rule")),
    )
    op.create_table(
        "routing_rule_version",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["routing_rule.code"], name=op.f("fk_routing_rule_version_code")),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_routing_rule_version")),
    )
    op.create_table(
        "offered_service",
        sa.Column("code", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_offered_service")),
    )
    op.add_column("request", sa.Column("routing_rule", sa.String()))
    op.add_column("request", sa.Column("routing_rule_version", sa.Integer()))
    op.create_foreign_key(
        op.f("fk_request_routing_rule"),
        "request",
        "routing_rule_version",
        ["routing_rule", "routing_rule_version"],
        ["code", "version"],
    )
    sets = f"{has('operator')} OR {reaches('district')}"
    guard("routing_rule", see=EVERYBODY, add=sets, change=sets)
    guard("routing_rule_version", see=EVERYBODY, add=f"set_by = {ME} AND {has('operator', 'district')}")
    guard("offered_service", see=EVERYBODY)
    _file_elsewhere()


def _file_elsewhere() -> None:
    """What lies about belongs to the unit where it lies: a worker writes it down for a resident of their own unit all the same."""
    at_home = f"({has('worker')} AND {reaches('worker', unit='linli_home_of(resident_id)')})"
    op.execute("DROP POLICY add ON request")
    op.execute(
        f"""
        CREATE POLICY add ON request FOR INSERT WITH CHECK ((SELECT linli_is_system()) OR (
            filed_by = {ME} AND CASE WHEN source IS NOT NULL THEN {has("operator")} OR {reaches(*STAFF)}
            ELSE resident_id = {ME} OR {reaches("worker")} OR {at_home} OR {lets("resident_id")} END
        ))
        """
    )
