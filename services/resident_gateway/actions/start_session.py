"""Somebody who proved who they are is signed in: a caller for the access token, and the first refresh token of a chain."""

import secrets
from dataclasses import dataclass

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.caller_of import caller_of
from resident_gateway.actions.session_of_token import SECRET
from resident_gateway.rules.refresh_token import RefreshToken
from resident_gateway.rules.session import LONGEST, Session
from resident_gateway.store import Account


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Without a refresh token (the operator) one signs in again when the access token has expired."""

    caller: Caller
    refresh_token: str | None = None


async def start_session(tx: Tx, sealer: Sealer, account: Account, *, needs_code: bool) -> SignedIn:
    at = await now(tx)
    first = RefreshToken(new_id(), 0, secrets.token_bytes(32))
    session = Session(
        id=first.session_id,
        account_id=account.id,
        step=first.step,
        secret_hash=sealer.digest(first.secret, for_=SECRET),
        renewed_at=at,
        ends_at=at + LONGEST,
        ended_at=None,
    )
    await store.insert_session(tx, session)
    return SignedIn(await caller_of(tx, account, at, needs_code=needs_code), str(first))
