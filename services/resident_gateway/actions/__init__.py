"""What the gateway does itself: accounts and signing in."""

from resident_gateway.actions.begin_totp import begin_totp
from resident_gateway.actions.confirm_totp import confirm_totp
from resident_gateway.actions.count_try import count_try
from resident_gateway.actions.end_session import end_session
from resident_gateway.actions.open_account import open_account
from resident_gateway.actions.renew_session import renew_session
from resident_gateway.actions.send_code import send_code
from resident_gateway.actions.sign_in_as_operator import sign_in_as_operator
from resident_gateway.actions.sign_in_by_code import sign_in_by_code
from resident_gateway.actions.sign_in_by_password import sign_in_by_password
from resident_gateway.actions.sign_in_by_provider import sign_in_by_provider
from resident_gateway.actions.start_session import SignedIn, start_session

__all__ = [
    "SignedIn",
    "begin_totp",
    "confirm_totp",
    "count_try",
    "end_session",
    "open_account",
    "renew_session",
    "send_code",
    "sign_in_as_operator",
    "sign_in_by_code",
    "sign_in_by_password",
    "sign_in_by_provider",
    "start_session",
]
