"""A refresh token is exchanged for its successor, and for the rights that its person has now."""

from dataclasses import replace

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from platform_kit.telemetry import log
from resident_gateway import store
from resident_gateway.actions.caller_of import caller_of
from resident_gateway.actions.session_of_token import NEXT_SECRET, SECRET, session_of_token
from resident_gateway.actions.start_session import SignedIn
from resident_gateway.rules.refresh_token import RefreshToken
from resident_gateway.rules.session import Renewal, renewal


async def renew_session(tx: Tx, sealer: Sealer, refresh_token: str, *, needs_code: bool) -> SignedIn | None:
    """None when it is not good; a reuse ends the session, so this transaction must be committed either way."""
    known = await session_of_token(tx, sealer, refresh_token)
    if known is None:
        return None
    session, given, newest = known
    at = await now(tx)
    match renewal(session, given.step, at):
        case Renewal.OVER:
            return None
        case Renewal.REUSED:
            log.warning("a refresh token came back: its session is ended", session=str(session.id))
            await store.save_session_ended(tx, session.id, at)
            return None
        case Renewal.NEXT:
            secret = sealer.digest(newest.secret, for_=NEXT_SECRET)
            newest = RefreshToken(session.id, session.step + 1, secret)
            renewed = replace(
                session, step=newest.step, secret_hash=sealer.digest(secret, for_=SECRET), renewed_at=at
            )
            await store.save_session_renewed(tx, renewed)
    account = await store.account_by_id(tx, session.account_id)
    return SignedIn(await caller_of(tx, account, at, needs_code=needs_code), str(newest))
