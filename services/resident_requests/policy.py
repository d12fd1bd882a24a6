"""Who may do what with requests."""

from platform_kit.policy import ALL, ANY_ROLE, ANYBODY, ASSIGNED, IN_UNITS, OWN, OWN_OR_LET, each, policy

# Who works on requests, each within their units.
STAFF = ("worker", "street", "district")
_STAFF = each(*STAFF, may=IN_UNITS)
# A community worker acts for a resident by consent, as family does.
_THEIRS = each("resident", "worker", may=OWN_OR_LET)
# Both: a worker acts for whoever lets them wherever it lies, and in their units for anybody.
_EITHER_SIDE = _STAFF | _THEIRS | each("worker", may=(OWN_OR_LET, IN_UNITS))
# Which applications of others may file reports.
_KEYS = each("operator", may=ALL) | each("district", may=IN_UNITS)

POLICY = policy(
    {
        "list_categories": ANYBODY,
        "set_category": each("operator", "district", may=ALL),
        # Where requests go is no secret among those who work on them; each district says it for its own units.
        "list_routing_rules": each(*STAFF, "operator", may=ALL),
        "set_routing_rule": each("operator", may=ALL) | each("district", may=IN_UNITS),
        "propose_route": _STAFF,
        "submit_request": _THEIRS | each("worker", may=(OWN_OR_LET, IN_UNITS)),
        # As filing: it is asked before something is filed.
        "find_similar": _THEIRS | each("worker", may=(OWN_OR_LET, IN_UNITS)),
        "list_similar": _STAFF,
        "merge_request": _STAFF,
        "list_merged": _STAFF,
        # All that are public, and the action asks whether it is.
        "follow_request": each("resident", may=ALL),
        "unfollow_request": each("resident", may=OWN),
        "list_followed": each("resident", may=OWN),
        "count_followers": _STAFF,
        "list_requests": _STAFF,
        "read_figures": _STAFF,
        "read_assignee_figures": _STAFF,
        "read_statistics": _STAFF,
        "read_request": each(ANY_ROLE, may=OWN_OR_LET) | _STAFF,
        "correct_request": _THEIRS,
        # What came twice under one id, with other words.
        "list_conflicts": _STAFF,
        "add_comment": _EITHER_SIDE,
        "list_comments": each(ANY_ROLE, may=OWN_OR_LET) | _STAFF,
        "ask_resident": _STAFF,
        # Staff write down what the resident said by phone or at the door.
        "answer_question": _EITHER_SIDE,
        # Also whoever of the staff wrote it down or was given it: what they saw belongs to it, wherever it lies.
        "add_attachment": each("resident", may=OWN_OR_LET)
        | each("worker", may=(OWN_OR_LET, IN_UNITS, ASSIGNED))
        | each("street", "district", may=(IN_UNITS, ASSIGNED)),
        "list_attachments": each(ANY_ROLE, may=OWN_OR_LET) | _STAFF,
        "read_attachment": each(ANY_ROLE, may=OWN_OR_LET) | _STAFF,
        "triage_request": _STAFF,
        "assign_request": _STAFF,
        "start_request": _STAFF,
        "resolve_request": _STAFF,
        "reject_request": _STAFF,
        "withdraw_request": _THEIRS,
        "confirm_request": _THEIRS,
        "reopen_request": _THEIRS,
        # Whose it is, whose own was merged into it, and whoever follows it; the action asks.
        "dispute_request": each("resident", "worker", may=OWN_OR_LET),
        # Not by a worker who acts for them: they would praise themselves.
        "rate_request": each("resident", may=OWN_OR_LET),
        # Also whose own was merged into it: the action asks, as for comments.
        "read_outcome": each(ANY_ROLE, may=OWN_OR_LET) | _STAFF,
        "list_ratings": each(ANY_ROLE, may=OWN_OR_LET) | _STAFF,
        "describe_source": _STAFF | each("operator", may=ALL),
        "read_source": _STAFF | each("operator", may=ALL),
        "import_reports": _STAFF | each("operator", may=ALL),
        # Open311: what is public, for everybody; whoever files shows a key, which is none of a person's.
        "describe_open311": ANYBODY,
        "list_services": ANYBODY,
        "read_service": ANYBODY,
        "file_report": ANYBODY,
        "list_reports": ANYBODY,
        "read_report": ANYBODY,
        "read_token": ANYBODY,
        "issue_key": _KEYS,
        "list_keys": _KEYS,
        "withdraw_key": _KEYS,
        "withhold_report": _STAFF,
        "read_my_data": OWN,
    }
)
