"""A person asks for a one-time code; whoever has no account gets none and learns nothing."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.account_index import account_index
from resident_gateway.actions.take_turn import take_turn
from resident_gateway.messages import Message
from resident_gateway.rules.account_name import account_key
from resident_gateway.rules.code import DIGITS, LIFETIME, TRIES, OneTimeCode, stands
from resident_gateway.rules.throttle import CODES_FOR_A_PHONE, CODES_FROM_AN_ADDRESS

CODE = "one_time_code"


@dataclass(frozen=True, slots=True)
class Sent:
    """`message` is what is to be sent once this is committed, if anything; `expires_in` the seconds that the code is good for."""

    expires_in: int
    message: Message | None = None


async def send_code(tx: Tx, sealer: Sealer, *, phone: str, address: str) -> Sent:
    """For a phone without an account the same is done, with a code that nobody gets to know: how long it takes tells nothing
    either. Asked again within a minute there is nothing to do: of the code that was sent only a keyed hash is kept."""
    index = account_index(sealer, phone, kind="code")
    await store.lock_codes(tx, index)
    sent, at = await store.code_for_update(tx, index), await now(tx)
    if sent is not None and stands(sent, at):
        return Sent(_seconds(sent, at))
    number = account_key(phone)
    # In this order: whoever has used up their own uses up none of the phone's, also where the refusal is a page and is committed.
    await take_turn(tx, sealer, CODES_FROM_AN_ADDRESS, address, at)
    await take_turn(tx, sealer, CODES_FOR_A_PHONE, number, at)
    account = await store.account(tx, index)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    made = OneTimeCode(index, sealer.blind_index(f"{index.hex()} {code}", for_=CODE), at + LIFETIME, TRIES)
    await store.save_code(tx, made, at)
    if account is None or account.kind != "code":
        return Sent(_seconds(made, at))
    text = f"【邻里】验证码 {code},{LIFETIME.seconds // 60} 分钟内有效。Your Linli code is {code}."
    return Sent(_seconds(made, at), Message(number, text, at.isoformat()))


def _seconds(code: OneTimeCode, at: datetime) -> int:
    return int((code.expires_at - at).total_seconds())
