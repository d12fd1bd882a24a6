"""Who proves to be an account's owner by the newest code sent to its phone; None when not."""

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.account_index import account_index
from resident_gateway.actions.send_code import CODE
from resident_gateway.rules.code import fits
from resident_gateway.store import Account


async def sign_in_by_code(tx: Tx, sealer: Sealer, *, phone: str, code: str) -> Account | None:
    """A code works once; a wrong try is counted, so this transaction must be committed either way."""
    index = account_index(sealer, phone, kind="code")
    found = await store.account(tx, index)
    sent = await store.code_for_update(tx, index)
    if sent is None:
        return None
    if not fits(sent, sealer.blind_index(f"{index.hex()} {code}", for_=CODE), await now(tx)):
        await store.save_failed_try(tx, index)
        return None
    await store.delete_code(tx, index)
    return found if found and found.kind == "code" else None
