"""What volunteer matching holds about a person: as one who helps, and as one who is helped."""

from platform_kit.personal_data import Held

HELD = (
    Held("volunteer", "person_id = $1", ("id", "unit_id", "skills", "created_at")),
    Held(
        "task",
        "resident_id = $1 OR volunteer_id IN (SELECT id FROM volunteer WHERE person_id = $1)",
        ("id", "request_id", "resident_id", "volunteer_id", "unit_id", "skill", "starts_at", "ends_at", "state",
         "checked_in_at", "minutes"),
    ),
    Held(
        "offer",
        "volunteer_id IN (SELECT id FROM volunteer WHERE person_id = $1)",
        ("id", "task_id", "state", "expires_at"),
    ),
)  # fmt: skip
