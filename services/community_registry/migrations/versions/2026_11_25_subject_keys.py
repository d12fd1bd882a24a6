"""A data key for each person and each home; what can be erased; who may see whose contact for a piece of work."""

import sqlalchemy as sa
from alembic import op

from platform_kit.migrate import create_subject_keys

revision = "2026_11_25_subject_keys"
down_revision = "2026_11_25_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_subject_keys()
    op.alter_column("resident", "name", nullable=True)
    op.alter_column("household", "address", nullable=True)
    op.create_index(op.f("ix_consent_delegate_id"), "consent", ["delegate_id"], unique=False)
    op.create_table(
        "contact_grant",
        sa.Column("work_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("work_id", name=op.f("pk_contact_grant")),
    )
    op.create_index(op.f("ix_contact_grant_resident_id"), "contact_grant", ["resident_id"], unique=False)
    op.create_index(op.f("ix_contact_grant_holder"), "contact_grant", ["holder"], unique=False)
