"""A try to prove who one is: counted before the proof is looked at, so that guessing at once is no way around the count."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_gateway import store
from resident_gateway.actions.take_turn import take_turn
from resident_gateway.rules.account_name import account_key
from resident_gateway.rules.throttle import (
    FAILURES_FROM_AN_ADDRESS,
    TRIES_FROM_ANYWHERE,
    TRIES_OF_AN_ACCOUNT,
)

T = TypeVar("T")


async def count_try(
    tx: Tx, sealer: Sealer, *, account: str, address: str, proof: Callable[[], Awaitable[T | None]]
) -> T | None:
    """What the proof gives; None leaves the try counted, so this transaction must be committed either way.

    The turns are taken in this order, always: two callers never wait for each other in a circle. What is the address's own is
    taken first, so that whoever has used these up uses up none of the account's others.
    """
    at, name = await now(tx), account_key(account)
    from_here = await take_turn(tx, sealer, TRIES_OF_AN_ACCOUNT, f"{address} {name}", at)
    of_address = await take_turn(tx, sealer, FAILURES_FROM_AN_ADDRESS, address, at)
    from_anywhere = await take_turn(tx, sealer, TRIES_FROM_ANYWHERE, name, at)
    proven = await proof()
    if proven is not None:
        await store.delete_turns(tx, from_here)
        await store.delete_turn(tx, from_anywhere, at)
        await store.delete_turn(tx, of_address, at)
    return proven
