"""The operator lets a person sign in; the same account again replaces its content and signs its person out."""

import asyncio
from uuid import UUID

from pwdlib import PasswordHash

from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.ids import new_id
from platform_kit.problems import InvalidInput, Text
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import hold_subjects, subject_key
from resident_gateway import store
from resident_gateway.actions.account_index import account_index
from resident_gateway.actions.notify import notify
from resident_gateway.rules.factors import ROLES_OF_ONE_FACTOR
from resident_gateway.rules.notification import Subject
from resident_gateway.rules.occasions import ACCOUNT_OPENED
from resident_gateway.store import Account

PURPOSE = "account.name"
DISPLAY_NAME = "account.display_name"
TOTP_SECRET = "account.totp"  # noqa: S105 - what a value is sealed for
HASHER = PasswordHash.recommended()
_NO_PASSWORD = Text("An account with a password needs one.", "密码账号必须设置密码。")
_ONE_FACTOR = Text(
    "This role needs an account with a second factor; a code on a phone is one.",
    "该角色需要双重验证的账号,短信验证码账号不可使用。",
)
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
    if kind == "code" and not ROLES_OF_ONE_FACTOR.issuperset(roles):
        raise InvalidInput(field="roles", reason=_ONE_FACTOR)
    await hold_subjects(tx, [subject])
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
        # Also one that was made when there was no account yet: nobody has it, and it would stand in the way of the first.
        await store.delete_code(tx, saved.account_index)
        opened = Subject(saved.id, "account", subject, None, None, "", 0, saved.version)
        await notify(tx, ACCOUNT_OPENED, opened, instance=saved.version, happened_at=at)
    return saved
