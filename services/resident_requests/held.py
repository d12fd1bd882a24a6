"""What resident requests hold about a person, for whoever asks what is held about them."""

from platform_kit.personal_data import Held
from resident_requests.rules.sealed import (
    ADDRESS,
    ANSWERS,
    ATTACHMENT_NAME,
    COMMENT,
    CONFLICT,
    RATING,
    REASON,
    WORDS,
)

HELD = (
    Held(
        "request",
        "resident_id = $1",
        ("id", "case_number", "filed_by", "unit_id", "category", "channel", "urgency", "author_id", "state", "route", "skill", "routing_rule", "routing_rule_version", "routing_category_version", "latitude", "longitude", "wanted_from",
         "wanted_until", "planned_from", "planned_until", "assignee_id", "respond_by", "responded_at", "resolve_by", "resolve_from", "paused_at", "resolved_at", "round", "escalated", "occurred_at",
         "created_at", "merged_into", "merged_at", "begun_at"),
        sealed={"words": WORDS, "address": ADDRESS, "reason": REASON, "answers": ANSWERS},
    ),
    # What everybody sees of them.
    Held(
        "public_report",
        "request_id IN (SELECT id FROM request WHERE resident_id = $1)",
        ("request_id", "case_number", "category", "unit_id", "state", "requested_at", "updated_at", "expected_at", "latitude",
         "longitude"),
    ),
    Held(
        "filing_conflict",
        "request_id IN (SELECT id FROM request WHERE resident_id = $1)",
        ("id", "request_id", "sent_by", "at"),
        sealed={"content": CONFLICT},
    ),
    # The notes that staff keep among themselves are not shown, here as anywhere; what a neighbour said is theirs.
    Held(
        "comment",
        "neighbour_id = $1 OR (request_id IN (SELECT id FROM request WHERE resident_id = $1)"
        " AND kind NOT IN ('note', 'from_neighbour'))",
        ("id", "request_id", "kind", "author_id", "neighbour_id", "at"),
        sealed={"words": COMMENT},
    ),
    Held(
        "attachment",
        "request_id IN (SELECT id FROM request WHERE resident_id = $1)",
        ("request_id", "number", "kind", "size", "width", "height", "added_by", "added_at", "side", "evidence_round"),
        sealed={"name": ATTACHMENT_NAME},
    ),
    # What they were promised and not given in time, and who was told.
    Held(
        "breach",
        "request_id IN (SELECT id FROM request WHERE resident_id = $1)",
        ("request_id", "round", "clock", "level", "at"),
    ),
    # By what it is found again; the prints of its words say nothing to anybody.
    Held(
        "likeness",
        "request_id IN (SELECT id FROM request WHERE resident_id = $1)",
        ("request_id", "case_number", "category", "state", "occurred_at", "latitude", "longitude"),
    ),
    Held("follower", "person_id = $1", ("request_id", "since", "until")),
    Held(
        "rating",
        "request_id IN (SELECT id FROM request WHERE resident_id = $1)",
        ("request_id", "round", "stars", "rated_by", "at"),
        sealed={"words": RATING},
    ),
)  # fmt: skip
