"""The database shows a request to whom it belongs and to the staff whose units hold it, whatever the code asks for."""

from platform_kit.row_security import EVERYBODY, ME, guard, has
from registry_replica.row_security import STAFF, cover_worklist, guard_replica, lets, reaches

revision = "2026_11_25_row_security"
down_revision = "2026_11_25_attachments"
branch_labels = None
depends_on = None

IMPORTED = "source IS NOT NULL"
OPERATOR = has("operator")


def upgrade() -> None:
    guard_replica()
    cover_worklist("request", "resident_id")
    guard("category", see=EVERYBODY)
    describes = has(*STAFF, "operator")
    guard("import_source", see=describes, add=describes, change=describes)
    theirs = f"resident_id = {ME} OR {reaches(*STAFF)}"
    guard(
        "request",
        see=f"{theirs} OR (resident_id IS NULL AND {OPERATOR}) OR {lets('resident_id')}",
        add=f"""filed_by = {ME} AND CASE WHEN {IMPORTED} THEN {OPERATOR} OR {reaches(*STAFF)}
            ELSE resident_id = {ME} OR {reaches("worker")} OR {lets("resident_id")} END""",
        change=f"{theirs} OR {lets('resident_id')}",
    )
    of_a_request = "EXISTS (SELECT FROM request r WHERE r.id = request_id)"
    guard("attachment", see=of_a_request, add=f"added_by = {ME} AND {of_a_request}")
