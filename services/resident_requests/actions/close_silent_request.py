"""Seven days without a word after it was resolved: it is closed."""

from uuid import UUID

from event_contracts.resident_requests import RequestClosed
from platform_kit.clock import now
from platform_kit.db import Tx
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules import request as rules


async def close_silent_request(tx: Tx, request_id: UUID) -> None:
    request = await store.request_for_update(tx, request_id)
    if request is not None and request.state is rules.State.RESOLVED:
        await record(tx, rules.close(request), RequestClosed, await now(tx), by="silence")
