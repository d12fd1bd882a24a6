"""A code of somebody's second factor is accepted: once, and none that is older than the last."""

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_key
from resident_gateway import store
from resident_gateway.actions.open_account import TOTP_SECRET
from resident_gateway.rules.totp import accepted_step
from resident_gateway.store import Account


async def take_step(tx: Tx, sealer: Sealer, account: Account, code: str) -> bool:
    key = await subject_key(tx, sealer, account.subject)
    secret = key.open(account.totp_secret, for_=TOTP_SECRET)
    step = accepted_step(secret, code, account.totp_step, await now(tx)) if secret else None
    return step is not None and await store.save_totp_step(tx, account.id, step)
