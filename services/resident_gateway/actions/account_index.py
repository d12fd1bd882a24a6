"""Where an account is found. A provider's subjects stand apart: one of them could read like somebody's phone."""

from platform_kit.sealing import Sealer
from resident_gateway.rules.account_name import account_key


def account_index(sealer: Sealer, account: str, *, kind: str) -> bytes:
    if kind == "provider":
        return sealer.blind_index(account, for_="account.provider_subject")
    return sealer.blind_index(account_key(account), for_="account.name")
