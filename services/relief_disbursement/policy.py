"""Who may do what with programmes, applications, notices, payment runs and payments."""

from platform_kit.policy import (
    ALL,
    ANY_ROLE,
    ANYBODY,
    IN_UNITS,
    OWN,
    OWN_OR_LET,
    SIGNED_IN,
    Rules,
    each,
    policy,
)

_OFFICERS = each("worker", "street", "district", may=IN_UNITS)
_AUDITOR = each("auditor", may=IN_UNITS)
_FINANCE = each("finance", may=IN_UNITS)
_EITHER_OF_FINANCE = _FINANCE | each("finance_lead", may=IN_UNITS)
_ACCOUNTS = _EITHER_OF_FINANCE | _AUDITOR
_ALL_BUT_AUDITORS = each(
    "resident", "volunteer", "provider", "worker", "street", "district", "finance", "finance_lead", "operator", may=ALL
)  # fmt: skip
_FOR_A_RESIDENT: Rules = {ANY_ROLE: OWN_OR_LET, "worker": IN_UNITS}

POLICY = policy(
    {
        "open_programme": {"district": IN_UNITS},
        "list_programmes": SIGNED_IN,
        "file_application": _FOR_A_RESIDENT,
        "submit_application": _FOR_A_RESIDENT,
        "add_evidence": _FOR_A_RESIDENT,
        "list_applications": _OFFICERS | _AUDITOR,
        "read_application": each(ANY_ROLE, may=OWN_OR_LET) | _OFFICERS,
        # Which of them decides is the level's post: `rules/application.py`.
        "decide_applications": _OFFICERS,
        "verify_application": {"worker": IN_UNITS},
        "review_application": {"street": IN_UNITS},
        "approve_application": {"district": IN_UNITS},
        "return_application": _OFFICERS,
        "reject_application": _OFFICERS,
        # Payee and account in full, and for officers the evidence, for a reason that is written down.
        "reveal_application": _OFFICERS | _EITHER_OF_FINANCE,
        "list_notices": ANYBODY,
        # An auditor reads and never writes.
        "object_to_notice": _ALL_BUT_AUDITORS,
        "open_payment_run": _FINANCE,
        "list_payment_runs": _ACCOUNTS,
        "read_payment_run": _ACCOUNTS,
        "calculate_payment_run": _FINANCE,
        # Another than who calculated releases: `rules/payment_run.py`.
        "check_payment_run": _EITHER_OF_FINANCE,
        "release_payment_run": _EITHER_OF_FINANCE,
        "send_payment_run": _EITHER_OF_FINANCE,
        "read_bank_file": _FINANCE,
        "record_bank_results": _FINANCE,
        "list_payments": _ACCOUNTS,
        # What the bank wrote, for a reason that is written down.
        "reveal_payment": _EITHER_OF_FINANCE,
        "reissue_payment": _FINANCE,
        "read_my_data": OWN,
    }
)
