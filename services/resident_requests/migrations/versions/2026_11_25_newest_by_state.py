"""Whoever reaches everything is given the newest of a state by one index, instead of by a look at each unit."""

from registry_replica.row_security import index_newest

revision = "2026_11_25_newest_by_state"
down_revision = "2026_11_25_filing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index_newest("request", "resident_id")
