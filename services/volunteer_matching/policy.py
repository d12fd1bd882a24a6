"""Who may do what with volunteers, offers and tasks."""

from platform_kit.policy import ANY_ROLE, ASSIGNED, IN_UNITS, OWN, OWN_OR_LET, each, policy

_OFFICERS = each("street", "district", may=IN_UNITS)
_STAFF = each("worker", may=IN_UNITS) | _OFFICERS
_HOLDER = each("volunteer", may=ASSIGNED)

POLICY = policy(
    {
        "register_volunteer": {"resident": OWN},
        "read_own_volunteer": OWN,
        "list_own_offers": {"volunteer": OWN},
        "read_own_hours": {"volunteer": OWN},
        "accept_offer": _HOLDER,
        "decline_offer": _HOLDER,
        "list_tasks": _STAFF,
        "read_task": each(ANY_ROLE, may=(OWN_OR_LET, ASSIGNED)) | _STAFF,
        "check_in": _HOLDER,
        "check_out": _HOLDER,
        "step_back": _HOLDER,
        "confirm_task": each("resident", may=OWN_OR_LET)
        | each("worker", may=(OWN_OR_LET, IN_UNITS))
        | _OFFICERS,
        "read_my_data": OWN,
    }
)
