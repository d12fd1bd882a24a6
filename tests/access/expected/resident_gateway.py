"""The gateway's own operations. What it forwards is judged at the service that answers; a test holds the two lists equal."""

from access.row import Row

# fmt: off
OTHERS = (
    "delegate_a lapsed_delegate volunteer volunteer_beside volunteer_other provider provider_other staff_x worker_next staff_y"
    " money_x auditor finance_y auditor_y operator of_x"
)

ROWS = (
    # Accounts give roles: the operator's alone.
    Row("POST /api/v1/auth/accounts", on="a_new_account", may="operator"),
    # Signing in is for whoever is not; a token that is no good need not be in the way.
    Row("POST /api/v1/auth/otp", on="a_phone", may="everybody", public=True, unsaid="expired_a forged_a"),
    Row("POST /api/v1/auth/token", on="a_password", may="everybody", public=True, unsaid="expired_a forged_a"),
    Row("POST /api/v1/auth/token", on="a_session", may="everybody", public=True, unsaid="expired_a forged_a"),
    Row("POST /api/v1/auth/logout", on="a_session_to_end", may="everybody", public=True, unsaid="expired_a forged_a"),
    # A second factor is set up by whoever proves the password, before any token can be had.
    Row("POST /api/v1/auth/totp", on="a_staff_account", may="everybody", public=True, unsaid="expired_a forged_a"),
    Row("POST /api/v1/auth/totp/confirm", on="a_second_factor", may="everybody", public=True, unsaid="expired_a forged_a"),
    # Where all that is held about whoever asks can be had, and the gateway's own part of it.
    Row("GET /api/v1/me/data", on="oneself", may="everybody"),
    Row("GET /api/v1/me/data/gateway", on="own_data", in_full=True, sees={
        "resident_a": "A", "resident_b": "B", OTHERS: "",
    }),
    Row("GET /api/v1/audit/resident_gateway", on="audit", may="auditors"),
    Row("GET /api/v1/audit/resident_gateway.csv", on="audit", may="auditors"),
    Row("GET /api/v1/me", on="oneself", sees={"resident_a": "A", "resident_b": "B", OTHERS: ""}),
    # One's own, or that of whom one acts for.
    Row("GET /api/v1/me/timeline", on="timeline_of_a", may="side_of_a"),
    Row("GET /api/v1/me/timeline", on="own_timelines", sees={
        "resident_a": "A", "resident_b": "B", OTHERS: "",
    }),
    # What one was told, and how one wants to be, is one's own alone: also whoever acts for A sees their own.
    Row("GET /api/v1/me/notifications", on="notifications_of_both", sees={
        "resident_a": "A", "resident_b": "B", OTHERS: "",
    }),
    Row("POST /api/v1/me/notifications/read", on="a_notification_of_a", may="everybody"),
    Row("GET /api/v1/me/notification-settings", on="oneself", may="everybody"),
    Row("PUT /api/v1/me/notification-settings", on="new_settings", may="everybody"),
    Row("GET /api/v1/notifications/failed", on="a_failed_message_of_a", may="operator"),
)
