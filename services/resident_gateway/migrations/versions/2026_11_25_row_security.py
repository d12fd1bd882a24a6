"""The database shows an account to its owner and the operator, a timeline to its person; codes are the platform's alone."""

from platform_kit.row_security import ME, guard, has
from registry_replica.row_security import guard_replica, lets

revision = "2026_11_25_row_security"
down_revision = "2026_11_25_sign_in"
branch_labels = None
depends_on = None

OPERATOR = has("operator")


def upgrade() -> None:
    guard_replica()
    guard("account", see=f"subject = {ME} OR {OPERATOR}", add=OPERATOR, change=OPERATOR)
    for platforms_alone in ("one_time_code", "session", "throttle"):
        guard(platforms_alone, see="false")
    guard("appointment", see=f"staff_id = {ME}")
    guard("timeline_item", see=f"person_id = {ME} OR {lets('person_id')}")
