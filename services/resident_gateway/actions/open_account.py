"""The operator lets a person sign in; the same account again replaces its content and signs its person out."""

import asyncio
from uuid import UUID

from pwdlib import PasswordHash

from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.ids import new_id
from platform_kit.problems import InvalidInput, Text
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_key
from resident_gateway import store
from resident_gateway.actions.account_index import account_index
from resident_gateway.store import Account

PURPOSE = "account.name"
DISPLAY_NAME = "account.display_name"
TOTP_SECRET = "account.totp"  # noqa: S105 - what a value is sealed for
HASHER = PasswordHash.recommended()
_NO_PASSWORD = Text("An account with a password needs one.", "密码账号必须设置密码。")
_A_PASSWORD = Text("Only an account with a password has one.", "只有密码账号才能设置密码。")


async def open_account(
    tx: Tx,
    sealer: Sealer,
    *,
    account: str,
    display_name: str,
    kind: str,
    password: str | None,
    subject: UUID,
    roles: list[str],
) -> Account:
    if (kind == "password") != (password is not None):
        raise InvalidInput(field="password", reason=_NO_PASSWORD if password is None else _A_PASSWORD)
    key = await subject_key(tx, sealer, subject)
    wanted = Account(
        id=new_id(),
        account_index=account_index(sealer, account, kind=kind),
        account=key.seal(account, for_=PURPOSE),
        display_name=key.seal(display_name, for_=DISPLAY_NAME),
        kind=kind,
        password_hash=await asyncio.to_thread(HASHER.hash, password) if password else None,
        totp_secret=None,
        totp_step=None,
        subject=subject,
        roles=tuple(sorted(set(roles))),
        version=1,
    )
    at = await now(tx)
    saved = await store.save_account(tx, wanted, at)
    async with as_system(tx):
        await store.save_sessions_ended(tx, saved.id, at)
    return saved
