"""Somebody signs out: no token of the session is good any more."""

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.caller_of import caller_of
from resident_gateway.actions.session_of_token import session_of_token


async def end_session(tx: Tx, sealer: Sealer, refresh_token: str, *, needs_code: bool) -> Caller | None:
    """Whose session it was. Any of its tokens ends it, an old one too. What is no token of ours ends nothing and is told
    nothing."""
    known = await session_of_token(tx, sealer, refresh_token)
    if known is None:
        return None
    session, _, _ = known
    at = await now(tx)
    await store.save_session_ended(tx, session.id, at)
    return await caller_of(tx, await store.account_by_id(tx, session.account_id), at, needs_code=needs_code)
