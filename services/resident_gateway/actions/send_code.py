"""A person asks for a one-time code; whoever has no account gets none and learns nothing."""

import secrets

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.account_index import account_index
from resident_gateway.actions.take_turn import take_turn
from resident_gateway.messages import Message
from resident_gateway.rules.account_name import account_key
from resident_gateway.rules.code import DIGITS, LIFETIME, TRIES, OneTimeCode
from resident_gateway.rules.throttle import CODES_FOR_A_PHONE, CODES_FROM_AN_ADDRESS

CODE = "one_time_code"


async def send_code(tx: Tx, sealer: Sealer, *, phone: str, address: str) -> Message | None:
    """What is to be sent once this is committed. For a phone without an account the same is done, with a code that nobody
    gets to know: how long it takes tells nothing either."""
    number, at = account_key(phone), await now(tx)
    await take_turn(tx, sealer, CODES_FOR_A_PHONE, number, at)
    await take_turn(tx, sealer, CODES_FROM_AN_ADDRESS, address, at)
    index = account_index(sealer, phone, kind="code")
    account = await store.account(tx, index)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    code_hash = sealer.blind_index(f"{index.hex()} {code}", for_=CODE)
    await store.save_code(tx, OneTimeCode(index, code_hash, at + LIFETIME, TRIES), at)
    if account is None or account.kind != "code":
        return None
    text = f"【邻里】验证码 {code},{LIFETIME.seconds // 60} 分钟内有效。Your Linli code is {code}."
    return Message(number, text, at.isoformat())
