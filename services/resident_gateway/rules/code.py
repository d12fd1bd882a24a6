"""One-time codes: five minutes, five tries, then a new one must be asked for, and no sooner than a minute after the last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LIFETIME = timedelta(minutes=5)
TRIES = 5
REST = timedelta(seconds=60)
DIGITS = 6


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """`code_hash` is a keyed hash of the phone's index and the code; a phone without an account has one too."""

    account_index: bytes
    code_hash: bytes
    expires_at: datetime
    tries_left: int


def fits(code: OneTimeCode, given_hash: bytes, at: datetime) -> bool:
    return code.tries_left > 0 and at < code.expires_at and code.code_hash == given_hash


def stands(code: OneTimeCode, at: datetime) -> bool:
    """It was sent a moment ago and can still be used: whoever asks again meanwhile, for themself or for somebody else, is not
    to make it void."""
    return code.tries_left > 0 and at < code.expires_at - LIFETIME + REST
