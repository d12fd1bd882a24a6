"""The books are of the whole house: who leads finance of one community closes no month."""

from platform_kit.row_security import EVERYBODY, guard, has_at_top

revision = "2026_11_25_close_from_top"
down_revision = "2026_11_25_work_calendar"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lead = has_at_top("finance_lead")
    guard("period", see=EVERYBODY, add=lead, change=lead)
