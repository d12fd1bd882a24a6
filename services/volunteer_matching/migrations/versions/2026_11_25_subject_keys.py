"""A data key for each person."""

from platform_kit.migrate import create_subject_keys

revision = "2026_11_25_subject_keys"
down_revision = "2026_11_25_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_subject_keys()
