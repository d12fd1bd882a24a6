"""The resident has said nothing for seven days: staff must decide without an answer."""

from uuid import UUID

from platform_kit.clock import now
from platform_kit.db import Tx
from resident_requests import store
from resident_requests.actions.go_on import go_on
from resident_requests.rules.request import State


async def end_waiting(tx: Tx, request_id: UUID) -> None:
    request = await store.request_for_update(tx, request_id)
    if request is not None and request.state is State.AWAITING_RESIDENT:
        await go_on(tx, request, await now(tx), by="silence")
