"""What resident requests hold about a person, for whoever asks what is held about them."""

from platform_kit.personal_data import Held
from resident_requests.rules.sealed import ADDRESS, ATTACHMENT_NAME, REASON, WORDS

HELD = (
    Held(
        "request",
        "resident_id = $1",
        ("id", "case_number", "filed_by", "unit_id", "category", "state", "route", "latitude", "longitude", "wanted_from",
         "wanted_until", "assignee_id", "occurred_at", "created_at"),
        sealed={"words": WORDS, "address": ADDRESS, "reason": REASON},
    ),
    Held(
        "attachment",
        "request_id IN (SELECT id FROM request WHERE resident_id = $1)",
        ("request_id", "number", "kind", "size", "width", "height", "added_by", "added_at"),
        sealed={"name": ATTACHMENT_NAME},
    ),
)  # fmt: skip
