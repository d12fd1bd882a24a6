"""Who may do what with units, households, residents, consents and staff."""

from platform_kit.policy import ALL, ANY_ROLE, ASSIGNED, IN_UNITS, OWN, OWN_OR_LET, SIGNED_IN, each, policy

_OPERATOR = each("operator", may=ALL)
_STAFF = each("worker", "street", "district", may=IN_UNITS)

POLICY = policy(
    {
        "open_unit": _OPERATOR,
        "list_units": SIGNED_IN,
        "set_calendar": _OPERATOR | each("district", may=IN_UNITS),
        "read_calendar": SIGNED_IN,
        "set_place": _OPERATOR | each("district", may=IN_UNITS),
        "read_place": SIGNED_IN,
        "register_household": _OPERATOR | each("worker", may=IN_UNITS),
        "read_household": each(ANY_ROLE, may=OWN_OR_LET) | _STAFF,
        "register_resident": _OPERATOR | each("worker", may=IN_UNITS),
        "read_resident": each(ANY_ROLE, may=OWN_OR_LET) | _STAFF,
        "list_residents": each(ANY_ROLE, may=OWN_OR_LET) | _STAFF,
        # The phone and the address; a worker, every part.
        "correct_resident": each(ANY_ROLE, may=OWN_OR_LET) | _STAFF,
        # In full, for a reason that is written down. The gateway's worker asks as the messenger of one unit, for a phone to send
        # a message to.
        "reveal_resident": {"worker": IN_UNITS, "messenger": IN_UNITS},
        "erase_resident": _OPERATOR | each("district", may=IN_UNITS),
        "read_contact": each(ANY_ROLE, may=ASSIGNED),
        "read_my_data": OWN,
        "record_consent": {ANY_ROLE: OWN, "worker": IN_UNITS},
        "register_staff": _OPERATOR,
        "appoint_staff": _OPERATOR,
        "end_appointment": _OPERATOR,
        "read_staff": each(ANY_ROLE, may=OWN) | _OPERATOR,
    }
)
