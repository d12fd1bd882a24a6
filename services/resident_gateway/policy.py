"""Who may do what at the gateway itself. What it forwards is for the service behind it to decide, which verifies the caller."""

from platform_kit.policy import ALL, ANYBODY, OWN, OWN_OR_LET, policy

POLICY = policy(
    {
        "forward": ANYBODY,
        # Open311: the service behind it looks at the key of whoever files.
        "discover_open311": ANYBODY,
        "read_open311": ANYBODY,
        "file_open311": ANYBODY,
        "jwks": ANYBODY,
        "send_code": ANYBODY,
        "issue": ANYBODY,
        "discovery": ANYBODY,
        "leave": ANYBODY,
        # Whoever knows the password.
        "begin_totp": ANYBODY,
        "confirm_totp": ANYBODY,
        "open_account": {"operator": ALL},
        "read_me": OWN,
        "list_my_data": OWN,
        "read_timeline": OWN_OR_LET,
        "list_notifications": OWN,
        "mark_notifications_read": OWN,
        "read_notification_settings": OWN,
        "set_notification_settings": OWN,
        # Which messages reached no phone: ids and reasons, no words and no numbers.
        "list_failed_notifications": {"operator": ALL},
        # Pages: `home` shows the timeline of whoever the session's cookie names, and to nobody else the way to sign in.
        "style": ANYBODY,
        "sign_in_page": ANYBODY,
        "ask_code": ANYBODY,
        "sign_in": ANYBODY,
        "sign_out": ANYBODY,
        "stay": ANYBODY,
        "home": ANYBODY,
        "notifications_page": ANYBODY,
        "read_on_page": ANYBODY,
        "settings_on_page": ANYBODY,
        # For auditors, whom the session's cookie names.
        "audit_page": ANYBODY,
        "audit_csv": ANYBODY,
        "captured_messages": ANYBODY,
        "read_my_data": OWN,
    }
)
