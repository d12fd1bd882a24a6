"""What an application filed is of its key's id, not of a name that others may get; an erasure waits for whoever writes."""

from alembic import op

from platform_kit.migrate import create_hold

revision = "2026_11_27_attack"
down_revision = "2026_11_26_open311"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_hold()
    op.execute("UPDATE request SET source = 'open311/' || filed_by WHERE starts_with(source, 'open311/')")
