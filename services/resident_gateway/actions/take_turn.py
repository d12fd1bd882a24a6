"""One more time of something that may only be done so often; TooManyTries when the times are used up."""

from datetime import datetime
from math import ceil

from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.problems import TooManyTries
from resident_gateway.rules.throttle import Limit

_PURPOSE = "throttle"


async def take_turn(tx: Tx, sealer: Sealer, limit: Limit, whose: str, at: datetime) -> bytes:
    """The key under which this turn was counted. Its row stays locked until the end of the transaction: of many who come
    at once each sees the one before. A refused turn is not counted, so trying on does not prolong the wait."""
    key = sealer.blind_index(f"{limit.what} {whose}", for_=_PURPOSE)
    if not await store.insert_turn(tx, key, limit, at):
        free_at = await store.next_turn(tx, key, limit, at)
        raise TooManyTries(retry_after=max(1, ceil((free_at - at).total_seconds())))
    return key
