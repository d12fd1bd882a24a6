"""A person says how they want to be told; what is held for them is looked at again."""

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.sealing import Erased
from resident_gateway import store
from resident_gateway.rules.notification import Preferences
from resident_gateway.rules.quiet_hours import checked


async def set_preferences(tx: Tx, wanted: Preferences, *, by: Caller) -> Preferences:
    if wanted.quiet is not None:
        checked(wanted.quiet)
    at = await now(tx)
    if not await store.save_preferences(tx, by.subject, wanted, at):
        raise Erased
    async with as_system(tx):
        await store.save_all_released(tx, by.subject, at)
    return wanted
