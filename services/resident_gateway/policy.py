"""Who may do what at the gateway itself. What it forwards is for the service behind it to decide, which verifies the caller."""

from platform_kit.policy import ALL, ANYBODY, OWN, OWN_OR_LET, policy

POLICY = policy(
    {
        "forward": ANYBODY,
        "jwks": ANYBODY,
        "send_code": ANYBODY,
        "issue": ANYBODY,
        "open_account": {"operator": ALL},
        "read_me": OWN,
        "read_timeline": OWN_OR_LET,
        # Pages: `home` shows the timeline of whoever the session's cookie names, and to nobody else the way to sign in.
        "style": ANYBODY,
        "sign_in_page": ANYBODY,
        "ask_code": ANYBODY,
        "sign_in": ANYBODY,
        "sign_out": ANYBODY,
        "home": ANYBODY,
        "captured_messages": ANYBODY,
    }
)
