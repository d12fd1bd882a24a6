"""An application files no more: its key opens nothing from the next call on. What it has filed stays."""

from dataclasses import replace
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted
from resident_requests import store
from resident_requests.policy import POLICY
from resident_requests.store import Open311Key


async def withdraw_key(tx: Tx, key_id: UUID, *, by: Caller) -> Open311Key:
    """The same again changes nothing."""
    key = await store.key_for_update(tx, key_id)
    if key is None or not await permitted(tx, by, POLICY["withdraw_key"], unit=key.unit_id):
        raise NotFound(what="key")
    if key.withdrawn_at is not None:
        return key
    at = await now(tx)
    await store.withdraw(tx, key_id, at)
    return replace(key, withdrawn_at=at)
