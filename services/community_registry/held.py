"""What the registry holds about a person, for whoever asks what is held about them."""

from community_registry.rules.sealed import ADDRESS, ID_NUMBER, NAME, PHONE, STAFF_NAME, STAFF_PHONE
from platform_kit.personal_data import Held

HELD = (
    Held(
        "resident",
        "id = $1",
        ("id", "household_id", "unit_id", "born_on", "created_at"),
        sealed={"name": NAME, "phone": PHONE, "id_number": ID_NUMBER},
    ),
    Held(
        "household",
        "id = (SELECT household_id FROM resident WHERE id = $1 AND name IS NOT NULL)",
        ("id", "unit_id", "created_at"),
        sealed={"address": ADDRESS},
        sealed_by="id",
    ),
    Held(
        "consent",
        "$1 IN (resident_id, delegate_id)",
        ("resident_id", "delegate_id", "until_on", "recorded_by", "recorded_at"),
    ),
    Held("staff", "id = $1", ("id", "created_at"), sealed={"name": STAFF_NAME, "phone": STAFF_PHONE}),
    Held("appointment", "staff_id = $1", ("id", "unit_id", "post", "from_on", "until_on", "ended_at")),
    Held("contact_grant", "resident_id = $1", ("work_id", "holder", "until")),
)
