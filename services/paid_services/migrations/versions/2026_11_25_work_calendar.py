"""When each unit is at work, as the registry says."""

from registry_replica.migrate import create_calendars

revision = "2026_11_25_work_calendar"
down_revision = "2026_11_25_row_security"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_calendars()
