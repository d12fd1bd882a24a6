"""The database shows a task to the resident whom it helps and who acts for them, to whom it was offered, and to the staff whose units hold it."""

from alembic import op

from platform_kit.row_security import ME, guard
from registry_replica.row_security import STAFF, guard_replica, lets, reaches

revision = "2026_11_25_row_security"
down_revision = "2026_11_25_subject_keys"
branch_labels = None
depends_on = None

MINE = "volunteer_id = (SELECT linli_volunteer())"


def upgrade() -> None:
    guard_replica()
    # The list that staff work from asks the policy of each row that it counts: the index alone can answer.
    op.drop_index("ix_task_worklist", "task")
    op.create_index(
        "ix_task_worklist",
        "task",
        ["unit_id", "state", "id"],
        postgresql_include=["resident_id", "volunteer_id"],
    )
    op.execute(
        """
        CREATE FUNCTION linli_volunteer() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
        DECLARE
            me uuid := linli_subject();
        BEGIN
            RETURN (SELECT id FROM volunteer WHERE person_id = me);
        END $$
        """
    )
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
