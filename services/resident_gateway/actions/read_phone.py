"""The phone of somebody without an account, read at the registry for the one message that is sent to it, and kept nowhere.

The worker asks as the messenger of the resident's own unit, for the phone and nothing else, with the message as the reason; the registry
writes that down as it does of everybody who looks. A token for it lives for a minute, and no account can be given that role.
"""

import asyncio
from datetime import timedelta
from typing import cast
from uuid import UUID

import httpx
import orjson

from platform_kit.auth import Caller, Post, issue_token
from platform_kit.errands import NotDone
from platform_kit.gateway_identity import HEADER
from platform_kit.kit import Kit
from platform_kit.signing import newest_key
from resident_gateway.actions.take_deliveries import Living
from resident_gateway.clients import Call, Client
from resident_gateway.messages import NoPhone
from resident_gateway.settings import GatewaySettings

ROLE = "messenger"
# Whom the registry's audit names: nobody's account, and the same in every house.
MESSENGER = UUID("6f0a3f0c-5d0b-7c0e-9c6e-6d657373656e")
# With a provider that takes its whole time as well the errand still ends within its own.
PATIENCE_SECONDS = 3.0
_LIFETIME = timedelta(minutes=1)


async def read_phone(kit: Kit, registry: Client, living: Living, *, reason: str) -> str:
    """NotDone when the registry does not say; NoPhone when it has none, or knows no such resident."""
    post = Post(ROLE, living.unit_id, living.unit_code)
    caller = Caller(MESSENGER, frozenset({ROLE}), (post,))
    key = newest_key(cast(GatewaySettings, kit.settings).signing_key_file)
    headers = {
        "Authorization": f"Bearer {issue_token(key, caller, _LIFETIME, wall=kit.wall)}",
        "Content-Type": "application/json",
        HEADER: registry.identity.shown(),
    }
    body = orjson.dumps({"parts": ["phone"], "reason": reason})
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await registry.send(
                Call("POST", f"/residents/{living.resident_id}/reveal", b"", headers, body)
            )
    except (httpx.TransportError, TimeoutError) as error:
        raise NotDone(f"registry: {type(error).__name__}", away=True) from None
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise NoPhone
    if answer.status_code != httpx.codes.OK:
        raise NotDone(f"registry answered {answer.status_code}", away=True)
    phone = orjson.loads(answer.content)["phone"]
    if phone is None:
        raise NoPhone
    return str(phone)
