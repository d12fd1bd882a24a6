"""What the resident wants is kept apart from what triage plans: a promise is moved by their time alone."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_wanted_by_resident"
down_revision = "2026_11_27_work_lists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("planned_from", "planned_until"):
        op.add_column("request", sa.Column(name, sa.DateTime(timezone=True)))
    # What was never triaged has no route, and its times are the resident's. Of everything else what stands there is the plan; whose it
    # was is not known, but for a time to come that was said when it was filed: its promise begins then. Where nothing is known it is
    # taken that nobody said anything, so that nothing already promised can be put off by what an office decided.
    op.execute(
        """
        UPDATE request SET planned_from = wanted_from, planned_until = wanted_until,
            wanted_from = CASE WHEN round = 0 THEN resolve_from END, wanted_until = NULL
        WHERE route IS NOT NULL
        """
    )
