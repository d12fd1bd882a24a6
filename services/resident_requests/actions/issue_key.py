"""An application of others may file reports from now on, with a key that is told once and kept as a digest."""

import secrets
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.ids import new_id
from platform_kit.problems import NotFound
from platform_kit.sealing import Sealer
from registry_replica.permitted import permitted
from registry_replica.store import unit
from resident_requests import store
from resident_requests.policy import POLICY
from resident_requests.rules.sealed import OPEN311_KEY
from resident_requests.store import Open311Key


async def issue_key(
    tx: Tx, sealer: Sealer, *, name: str, unit_id: UUID, per_hour: int, by: Caller
) -> tuple[Open311Key, str]:
    """With the key itself."""
    if await unit(tx, unit_id) is None or not await permitted(tx, by, POLICY["issue_key"], unit=unit_id):
        raise NotFound(what="unit", field="unit_id")
    secret = secrets.token_urlsafe(32)
    key = Open311Key(new_id(), name, unit_id, per_hour, by.subject, await now(tx))
    await store.insert_key(tx, key, sealer.blind_index(secret, for_=OPEN311_KEY))
    return key, secret
