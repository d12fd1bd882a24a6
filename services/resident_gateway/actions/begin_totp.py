"""A staff member sets up a second factor: whoever proves the password is shown the secret, once."""

import pyotp

from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_key
from resident_gateway import store
from resident_gateway.actions.open_account import TOTP_SECRET
from resident_gateway.actions.prove_password import prove_password


async def begin_totp(tx: Tx, sealer: Sealer, *, account: str, password: str) -> str | None:
    """The otpauth URI; None when the password is wrong. Until a first code confirms it, the next one replaces it.

    A confirmed one is replaced only by the operator, who opens the account again: whoever knows just the password must not
    be able to put their own in its place. Nor do they learn here that it is right: it is None then, too.
    """
    found = await prove_password(tx, sealer, account=account, password=password)
    if found is None or found.totp_step is not None:
        return None
    secret = pyotp.random_base32()
    key = await subject_key(tx, sealer, found.subject)
    await store.save_totp_secret(tx, found.id, key.seal(secret, for_=TOTP_SECRET))
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Linli")
