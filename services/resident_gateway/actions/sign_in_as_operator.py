"""Whoever has the house's own password, and a code of its second factor where there is one, is the operator."""

import asyncio
import hmac
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway.actions.open_account import HASHER
from resident_gateway.actions.prove_password import NOBODYS_HASH
from resident_gateway.actions.take_turn import take_turn
from resident_gateway.problems import TooManyTries
from resident_gateway.rules.throttle import OPERATOR_STEP
from resident_gateway.rules.totp import accepted_step

OPERATOR = Caller(UUID("00000000-0000-7000-8000-000000000001"), frozenset({"operator"}))


async def sign_in_as_operator(
    tx: Tx, sealer: Sealer, *, password: str, code: str | None, known: str, secret: str | None
) -> Caller | None:
    """`known` is the right password; `secret` that of the second factor (base32), each code of which is good once."""
    # The password of a file needs no hash; without one the time of an answer would tell that this account is another kind.
    await asyncio.to_thread(HASHER.verify, password, NOBODYS_HASH)
    if not hmac.compare_digest(password.encode(), known.encode()):
        return None
    return OPERATOR if secret is None or await _take_step(tx, sealer, secret, code or "") else None


async def _take_step(tx: Tx, sealer: Sealer, secret: str, code: str) -> bool:
    at = await now(tx)
    step = accepted_step(secret, code, None, at)
    if step is None:
        return False
    try:
        await take_turn(tx, sealer, OPERATOR_STEP, str(step), at)
    except TooManyTries:
        return False
    return True
