"""What the gateway does itself: accounts and signing in."""

from resident_gateway.actions.open_account import open_account
from resident_gateway.actions.send_code import send_code
from resident_gateway.actions.sign_in_by_code import sign_in_by_code
from resident_gateway.actions.sign_in_by_password import sign_in_by_password

__all__ = ["open_account", "send_code", "sign_in_by_code", "sign_in_by_password"]
