"""The operator lets a person sign in; the same account again replaces its content."""

import asyncio
from uuid import UUID

from pwdlib import PasswordHash

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.problems import InvalidInput, Text
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_key
from resident_gateway import store
from resident_gateway.rules.account_name import account_key
from resident_gateway.store import Account

PURPOSE = "account.name"
DISPLAY_NAME = "account.display_name"
HASHER = PasswordHash.recommended()
_NO_PASSWORD = Text("An account with a password needs one.", "密码账号必须设置密码。")
_A_PASSWORD = Text("An account with codes has no password.", "验证码账号不能设置密码。")


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
    posts: list[dict[str, str]],
) -> Account:
    if (kind == "password") != (password is not None):
        raise InvalidInput(field="password", reason=_NO_PASSWORD if password is None else _A_PASSWORD)
    key = await subject_key(tx, sealer, subject)
    wanted = Account(
        id=new_id(),
        account_index=sealer.blind_index(account_key(account), for_=PURPOSE),
        account=key.seal(account, for_=PURPOSE),
        display_name=key.seal(display_name, for_=DISPLAY_NAME),
        kind=kind,
        password_hash=await asyncio.to_thread(HASHER.hash, password) if password else None,
        subject=subject,
        roles=tuple(sorted(set(roles))),
        posts=tuple(posts),
        version=1,
    )
    return await store.save_account(tx, wanted, await now(tx))
