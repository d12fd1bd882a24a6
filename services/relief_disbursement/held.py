"""What relief holds about a person, for whoever asks what is held about them."""

from platform_kit.personal_data import Held
from relief_disbursement.rules.sealed import (
    BANK_ACCOUNT,
    BANK_REASON,
    DECISION,
    EVIDENCE,
    OBJECTION,
    PAYEE_NAME,
    WORDS,
)

HELD = (
    Held(
        "application",
        "resident_id = $1",
        ("id", "programme_id", "household_id", "unit_id", "state", "round", "currency", "asked_minor", "granted_minor",
         "from_on", "notice_until", "created_at", "request_id"),
        sealed={"words": WORDS, "payee_name": PAYEE_NAME, "bank_account": BANK_ACCOUNT, "reason": DECISION},
    ),
    Held("relief_request", "resident_id = $1", ("request_id", "unit_id", "stands", "at")),
    Held(
        "evidence",
        "application_id IN (SELECT id FROM application WHERE resident_id = $1)",
        ("application_id", "added_by", "at"),
        sealed={"note": EVIDENCE},
    ),
    Held(
        "review",
        "application_id IN (SELECT id FROM application WHERE resident_id = $1)",
        ("application_id", "round", "level", "decision", "at"),
    ),
    Held(
        "payment",
        "resident_id = $1",
        ("id", "application_id", "period", "attempt", "currency", "amount_minor", "state", "answered_on", "code",
         "created_at"),
        sealed={"payee_name": PAYEE_NAME, "bank_account": BANK_ACCOUNT, "reason": BANK_REASON},
    ),
    Held("objection", "objected_by = $1", ("application_id", "round", "at"), sealed={"words": OBJECTION}),
)  # fmt: skip
