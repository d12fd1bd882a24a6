"""Who proves to be an account's owner by the newest code sent to its phone; None when not."""

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.caller_of import caller_of
from resident_gateway.actions.open_account import PURPOSE
from resident_gateway.actions.send_code import CODE
from resident_gateway.rules.account_name import account_key
from resident_gateway.rules.code import fits


async def sign_in_by_code(tx: Tx, sealer: Sealer, *, phone: str, code: str) -> Caller | None:
    """A code works once; a wrong try is counted, so this transaction must be committed either way."""
    found = await store.account(tx, sealer.blind_index(account_key(phone), for_=PURPOSE))
    sent = await store.code_for_update(tx, found.id) if found else None
    if found is None or sent is None or found.kind != "code":
        return None
    if not fits(sent, sealer.blind_index(f"{found.id} {code}", for_=CODE), await now(tx)):
        await store.save_failed_try(tx, found.id)
        return None
    await store.delete_code(tx, found.id)
    return caller_of(found)
