"""The account that the operator bound to this subject of the OpenID provider; None when there is none."""

from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.account_index import account_index
from resident_gateway.store import Account


async def sign_in_by_provider(tx: Tx, sealer: Sealer, *, subject: str) -> Account | None:
    """`subject` is of a token that was verified."""
    return await store.account(tx, account_index(sealer, subject, kind="provider"))
