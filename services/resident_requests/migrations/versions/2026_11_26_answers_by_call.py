"""A stored answer is found by 16 bytes instead of two texts."""

from platform_kit.migrate import index_answers_by_call

revision = "2026_11_26_answers_by_call"
down_revision = "2026_11_26_open311"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index_answers_by_call()
