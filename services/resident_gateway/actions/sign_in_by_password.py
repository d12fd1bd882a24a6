"""A staff member proves to be an account's owner by its password and, once they have one, a code of their second factor."""

from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway.actions.prove_password import prove_password
from resident_gateway.actions.take_step import take_step
from resident_gateway.problems import SecondFactorMissing
from resident_gateway.store import Account


async def sign_in_by_password(
    tx: Tx, sealer: Sealer, *, account: str, password: str, code: str | None, needs_code: bool
) -> Account | None:
    """`needs_code`: staff without a second factor are told to set one up first, when their password is right."""
    found = await prove_password(tx, sealer, account=account, password=password)
    if found is None:
        return None
    if found.totp_secret is None or found.totp_step is None:
        if needs_code:
            raise SecondFactorMissing
        return found
    return found if await take_step(tx, sealer, found, code or "") else None
