"""What an application filed is of its key's id, not of a name that others may get; an erasure waits for whoever
writes; what is imported open is promised in turn."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from platform_kit.migrate import create_hold

revision = "2026_11_27_turns"
down_revision = "2026_11_27_answers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_hold()
    op.add_column(
        "import_source", sa.Column("turns", JSONB(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.execute("UPDATE request SET source = 'open311/' || filed_by WHERE starts_with(source, 'open311/')")
