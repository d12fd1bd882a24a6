"""The database shows a task to the resident whom it helps and who acts for them, to whom it was offered, and to the staff whose units hold it."""

from platform_kit.row_security import ME, guard
from registry_replica.row_security import STAFF, cover_worklist, create_own, guard_replica, lets, reaches

revision = "2026_11_25_row_security"
down_revision = "2026_11_25_subject_keys"
branch_labels = None
depends_on = None

MINE = "volunteer_id = (SELECT linli_volunteer())"


def upgrade() -> None:
    guard_replica()
    cover_worklist("task", "resident_id", "volunteer_id")
    create_own("volunteer")
    guard(
        "volunteer",
        # Whom a task helps, and whose units hold it, may see who holds it; who was merely offered it may not.
        see=f"""person_id = {ME} OR {reaches(*STAFF)} OR EXISTS (
            SELECT FROM task t WHERE t.volunteer_id = volunteer.id
                AND (t.resident_id = {ME} OR {reaches(*STAFF, unit="t.unit_id")} OR {lets("t.resident_id")})
        )""",
        add=f"person_id = {ME}",
        change=f"person_id = {ME}",
    )
    guard("offer", see=MINE, change=MINE)
    concerned = f"""resident_id = {ME} OR {MINE} OR {reaches(*STAFF)}
        OR EXISTS (SELECT FROM offer o WHERE o.task_id = task.id) OR {lets("resident_id")}"""
    guard("task", see=concerned, change=concerned)
