"""The account of that name, if this is its password; None when not."""

import asyncio

from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.account_index import account_index
from resident_gateway.actions.open_account import HASHER
from resident_gateway.store import Account

# Checked when there is no such account, so that the time of an answer does not tell.
NOBODYS_HASH = HASHER.hash("nobody's password")


async def prove_password(tx: Tx, sealer: Sealer, *, account: str, password: str) -> Account | None:
    found = await store.account(tx, account_index(sealer, account, kind="password"))
    known = found.password_hash if found else None
    right = await asyncio.to_thread(HASHER.verify, password, known or NOBODYS_HASH)
    return found if known and right else None
