"""Who proves to be an account's owner by its password; None when not."""

import asyncio

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.caller_of import caller_of
from resident_gateway.actions.open_account import HASHER, PURPOSE
from resident_gateway.rules.account_name import account_key

# Checked when there is no such account, so that the time of an answer does not tell.
_NOBODYS_HASH = HASHER.hash("nobody's password")


async def sign_in_by_password(tx: Tx, sealer: Sealer, *, account: str, password: str) -> Caller | None:
    found = await store.account(tx, sealer.blind_index(account_key(account), for_=PURPOSE))
    known = found.password_hash if found else None
    right = await asyncio.to_thread(HASHER.verify, password, known or _NOBODYS_HASH)
    return caller_of(found) if found and known and right else None
