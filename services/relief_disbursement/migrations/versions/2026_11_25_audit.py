"""The audit, its chain, and what waits for a link."""

from platform_kit.migrate import create_audit

revision = "2026_11_25_audit"
down_revision = "2026_11_25_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_audit()
