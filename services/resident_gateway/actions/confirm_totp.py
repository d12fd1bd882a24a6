"""The first code shows that the secret has arrived where it should; from then on signing in needs one."""

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.problems import WrongState
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.prove_password import prove_password
from resident_gateway.rules.totp import accepted_step
from resident_gateway.store import Account


async def confirm_totp(tx: Tx, sealer: Sealer, *, account: str, password: str, code: str) -> Account | None:
    """None when password or code is wrong."""
    found = await prove_password(tx, sealer, account=account, password=password)
    if found is None:
        return None
    if found.totp_secret is None or found.totp_step is not None:
        raise WrongState(state="confirmed" if found.totp_step is not None else "not begun", wanted="confirm")
    secret = sealer.open(found.totp_secret, for_="account.totp")
    step = accepted_step(secret, code, None, await now(tx))
    return found if step is not None and await store.save_totp_step(tx, found.id, step) else None
