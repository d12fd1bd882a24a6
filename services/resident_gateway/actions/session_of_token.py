"""The session that a refresh token belongs to, if it is or ever was one of its tokens.

Each token's secret is made from the one before it by a keyed hash, and of the newest a keyed hash is stored. An old token
is recognised by walking from it to the newest: one row knows all of a session's tokens, and none can be made from the row.
"""

import hmac

from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.rules.refresh_token import RefreshToken, read
from resident_gateway.rules.session import MOST_STEPS, Session

SECRET = "session.secret"  # noqa: S105 - the name of a purpose
NEXT_SECRET = "session.next_secret"  # noqa: S105


async def session_of_token(
    tx: Tx, sealer: Sealer, text: str
) -> tuple[Session, RefreshToken, RefreshToken] | None:
    """The session, locked; the token as given; and the newest one of the session. None for what we never gave out."""
    given = read(text)
    session = await store.session_for_update(tx, given.session_id) if given else None
    if given is None or session is None or not 0 <= session.step - given.step <= MOST_STEPS:
        return None
    secret = given.secret
    for _ in range(session.step - given.step):
        secret = sealer.digest(secret, for_=NEXT_SECRET)
    if not hmac.compare_digest(sealer.digest(secret, for_=SECRET), session.secret_hash):
        return None
    return session, given, RefreshToken(session.id, session.step, secret)
