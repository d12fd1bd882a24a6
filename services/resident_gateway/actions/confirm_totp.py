"""The first code shows that the secret has arrived where it should; from then on signing in needs one."""

from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway.actions.prove_password import prove_password
from resident_gateway.actions.take_step import take_step
from resident_gateway.store import Account


async def confirm_totp(tx: Tx, sealer: Sealer, *, account: str, password: str, code: str) -> Account | None:
    """None when password or code is wrong, and also when there is nothing to confirm: that would tell that the password is right."""
    found = await prove_password(tx, sealer, account=account, password=password)
    if found is None or found.totp_secret is None or found.totp_step is not None:
        return None
    return found if await take_step(tx, sealer, found, code) else None
