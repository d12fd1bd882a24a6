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

COLUMNS = ("code", "name_zh", "name_en", "route", "skill")
CATEGORIES = (
    ("errand", "代购跑腿", "Errands", "volunteers", "errand"),
    ("companionship", "陪伴探访", "Company", "volunteers", "companionship"),
    ("medical_escort", "陪诊", "Company to the doctor", "volunteers", "medical_escort"),
    ("home_repair", "居家小修", "Small repairs", "volunteers", "repair"),
    ("housekeeping", "家政", "Housekeeping", "paid_service", None),
    ("hardship", "生活困难", "Hardship", "relief", None),
    ("bulky_items", "大件垃圾", "Bulky items", "department", None),
    ("graffiti", "乱涂乱画", "Graffiti", "department", None),
    ("illegal_dumping", "乱倒垃圾", "Illegal dumping", "department", None),
    ("appliances", "废旧家电", "Metal and household appliances", "department", None),
    ("e_waste", "电子垃圾", "Electronic waste", "department", None),
    ("streetlight", "路灯故障", "Street light", "department", None),
    ("dead_animal", "动物尸体", "Dead animal", "department", None),
    ("encampment", "露宿", "Encampment", "community", None),
    ("water_waste", "浪费用水", "Water waste", "department", None),
    ("other", "其他", "Other", "community", None),
)


def upgrade() -> None:
    create_backbone()
    create_replica()
    op.execute("CREATE SEQUENCE case_serial")
    categories = op.create_table(
        "category",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("skill", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_category")),
    )
    op.create_table(
        "import_source",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("categories", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("states", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("areas", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("default_area", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_import_source")),
    )
    op.create_table(
        "request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("filed_by", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=True),
        sa.Column("skill", sa.String(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("wanted_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("escalated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("source_number", sa.String(), nullable=True),
        sa.Column("source_content", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('submitted', 'triaged', 'assigned', 'in_progress', 'resolved', 'closed', 'reopened', 'rejected', 'withdrawn')",
            name=op.f("ck_request_state"),
        ),
        sa.CheckConstraint(
            "(source IS NULL) = (source_number IS NULL)", name=op.f("ck_request_source_has_a_number")
        ),
        sa.CheckConstraint(
            "resident_id IS NOT NULL OR source IS NOT NULL",
            name=op.f("ck_request_has_a_resident_or_a_source"),
        ),
        sa.ForeignKeyConstraint(["category"], ["category.code"], name=op.f("fk_request_category")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("case_number", name=op.f("uq_request_case_number")),
    )
    op.create_index("ix_request_resident_id", "request", ["resident_id", "id"], unique=False)
    op.create_index("ix_request_worklist", "request", ["unit_id", "state", "id"], unique=False)
    op.create_index("uq_request_source_number", "request", ["source", "source_number"], unique=True)
    op.bulk_insert(categories, [dict(zip(COLUMNS, row, strict=True)) for row in CATEGORIES])
