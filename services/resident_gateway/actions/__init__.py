"""What the gateway does itself: accounts and signing in; telling people what happened."""

from resident_gateway.actions.begin_totp import begin_totp
from resident_gateway.actions.confirm_totp import confirm_totp
from resident_gateway.actions.count_try import count_try
from resident_gateway.actions.end_session import end_session
from resident_gateway.actions.forget_told import forget_told
from resident_gateway.actions.mark_read import mark_read
from resident_gateway.actions.note_delivery import note_delivery
from resident_gateway.actions.note_followers import note_followers
from resident_gateway.actions.note_hidden import note_hidden
from resident_gateway.actions.note_subject import note_subject
from resident_gateway.actions.notify import notify
from resident_gateway.actions.open_account import open_account
from resident_gateway.actions.read_phone import read_phone
from resident_gateway.actions.release_delivery import release_delivery
from resident_gateway.actions.remind import remind
from resident_gateway.actions.renew_session import renew_session
from resident_gateway.actions.send_code import send_code
from resident_gateway.actions.set_preferences import set_preferences
from resident_gateway.actions.sign_in_as_operator import sign_in_as_operator
from resident_gateway.actions.sign_in_by_code import sign_in_by_code
from resident_gateway.actions.sign_in_by_password import sign_in_by_password
from resident_gateway.actions.sign_in_by_provider import sign_in_by_provider
from resident_gateway.actions.start_session import SignedIn, start_session
from resident_gateway.actions.take_deliveries import take_deliveries

__all__ = [
    "SignedIn",
    "begin_totp",
    "confirm_totp",
    "count_try",
    "end_session",
    "forget_told",
    "mark_read",
    "note_delivery",
    "note_followers",
    "note_hidden",
    "note_subject",
    "notify",
    "open_account",
    "read_phone",
    "release_delivery",
    "remind",
    "renew_session",
    "send_code",
    "set_preferences",
    "sign_in_as_operator",
    "sign_in_by_code",
    "sign_in_by_password",
    "sign_in_by_provider",
    "start_session",
    "take_deliveries",
]
