"""An erasure waits for whoever writes about the person."""

from platform_kit.migrate import create_hold

revision = "2026_11_27_attack"
down_revision = "2026_11_26_notifications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_hold()
