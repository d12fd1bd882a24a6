"""The posts of somebody who is given a token, as the registry itself has them now.

What the gateway keeps of appointments comes by events, and is as old as an outage of the broker is long: by it alone an appointment that
ended meanwhile would be renewed until the broker is back. So the registry is asked, and takes away what it says is over; it gives nothing
that no event has told of. When it does not answer either, what is kept holds: nobody is signed out by an outage.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import httpx
import orjson

from platform_kit.auth import Caller, issue_token
from platform_kit.gateway_identity import HEADER
from platform_kit.kit import Kit
from platform_kit.signing import newest_key
from platform_kit.telemetry import log
from resident_gateway.clients import CLIENTS, Call, Client
from resident_gateway.settings import GatewaySettings

REGISTRY = "community_registry"
# Somebody waits for their token, with a connection of the database in hand.
PATIENCE_SECONDS = 1.0
_LIFETIME = timedelta(minutes=1)


async def still_held(kit: Kit, caller: Caller) -> Caller:
    """Without the posts, and the roles, of appointments that the registry says are over."""
    if not caller.posts:
        return caller
    appointments = await _appointments(kit, caller)
    if appointments is None:
        return caller
    held = {(each["post"], each["unit_id"]) for each in appointments if each["ended_at"] is None}
    posts = tuple(post for post in caller.posts if (post.role, str(post.unit_id)) in held)
    own = caller.roles - {post.role for post in caller.posts}
    return replace(caller, roles=own | {post.role for post in posts}, posts=posts)


async def _appointments(kit: Kit, caller: Caller) -> list[dict[str, Any]] | None:
    """None when there is no answer, or the registry does not know them."""
    client = cast(Client, kit.state[CLIENTS][REGISTRY])
    key = newest_key(cast(GatewaySettings, kit.settings).signing_key_file)
    headers = {
        "Authorization": f"Bearer {issue_token(key, caller, _LIFETIME, wall=kit.wall)}",
        HEADER: client.identity.shown(),
    }
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await client.send(Call("GET", f"/staff/{caller.subject}", b"", headers, b""))
    except (httpx.TransportError, TimeoutError) as error:
        log.warning("the registry does not say which posts are held", error=repr(error))
        return None
    if answer.status_code != httpx.codes.OK:
        return None
    return cast("list[dict[str, Any]]", orjson.loads(answer.content)["appointments"])
