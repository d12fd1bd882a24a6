"""A person asks for a one-time code; whoever has no account gets none and learns nothing."""

import secrets
from pathlib import Path

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import messages, store
from resident_gateway.actions.open_account import PURPOSE
from resident_gateway.rules.account_name import account_key
from resident_gateway.rules.code import DIGITS, LIFETIME, TRIES, OneTimeCode

CODE = "one_time_code"


async def send_code(tx: Tx, sealer: Sealer, folder: Path, *, phone: str) -> None:
    number = account_key(phone)
    account = await store.account(tx, sealer.blind_index(number, for_=PURPOSE))
    if account is None or account.kind != "code":
        return
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    at = await now(tx)
    code_hash = sealer.blind_index(f"{account.id} {code}", for_=CODE)
    await store.save_code(tx, OneTimeCode(account.id, code_hash, at + LIFETIME, TRIES))
    text = f"【邻里】验证码 {code},{LIFETIME.seconds // 60} 分钟内有效。Your Linli code is {code}."
    messages.deliver(folder, number, text, at)
