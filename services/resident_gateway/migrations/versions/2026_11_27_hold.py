"""An erasure waits for whoever writes about the person."""

from platform_kit.migrate import create_hold

revision = "2026_11_27_hold"
down_revision = "2026_11_26_answers_by_call"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_hold()
