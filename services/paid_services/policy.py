"""Who may do what with services, providers, orders and the books."""

from platform_kit.policy import (
    ALL,
    ALL_FROM_TOP,
    ANY_ROLE,
    ANYBODY,
    ASSIGNED,
    IN_UNITS,
    OWN,
    OWN_OR_LET,
    Rules,
    each,
    policy,
)

_ACCOUNTS = each("finance", "finance_lead", "auditor", "district", may=IN_UNITS)
_STAFF = each("worker", "street", may=IN_UNITS) | _ACCOUNTS
_FINANCE = each("finance", "finance_lead", may=IN_UNITS)
_WORKER = each("worker", may=IN_UNITS)
_FOR_A_RESIDENT: Rules = {"resident": OWN_OR_LET, "worker": (OWN_OR_LET, IN_UNITS)}
_PROVIDER = each("provider", may=ASSIGNED)

POLICY = policy(
    {
        "list_services": ANYBODY,
        "offer_service": {"district": ALL, "operator": ALL},
        "register_provider": {"resident": OWN},
        "list_own_orders": _PROVIDER,
        "quote_order": _FOR_A_RESIDENT,
        "book_order": _FOR_A_RESIDENT,
        "list_orders": _STAFF,
        "read_order": each(ANY_ROLE, may=(OWN_OR_LET, ASSIGNED)) | _STAFF,
        "assign_order": _WORKER,
        "start_order": _PROVIDER,
        "complete_order": _PROVIDER,
        "confirm_order": _FOR_A_RESIDENT,
        "dispute_order": _FOR_A_RESIDENT,
        "cancel_order": _FOR_A_RESIDENT,
        "pay_order": _WORKER | _FINANCE,
        "refund_order": _FINANCE,
        "read_income": _ACCOUNTS,
        "list_transactions": _ACCOUNTS,
        "read_receipt": _ACCOUNTS,
        # The month is everybody's: whoever leads finance of one community does not close it for the others.
        "close_month": {"finance_lead": ALL_FROM_TOP},
        "read_my_data": OWN,
    }
)
