"""The second factor of staff (RFC 6238): six digits of thirty seconds, one step early or late, each accepted once."""

from datetime import datetime

from pyotp import TOTP

STEP_SECONDS = 30
DRIFT = 1
SHORTEST_SECRET = 16  # bytes: RFC 4226, R6


def accepted_step(secret: str, code: str, last_step: int | None, at: datetime) -> int | None:
    """The step that this code belongs to, if it is later than the last one accepted; None when the code is not good."""
    now = int(at.timestamp()) // STEP_SECONDS
    generator = TOTP(secret)
    found = None
    for step in range(max(0, now - DRIFT), now + DRIFT + 1):
        if generator.generate_otp(step) == code and (last_step is None or step > last_step):
            found = step
    return found


def is_secret(text: str) -> bool:
    """Base32, as authenticator apps take it, of no fewer bytes than are hard to guess."""
    try:
        return len(TOTP(text).byte_secret()) >= SHORTEST_SECRET
    except ValueError:
        return False
