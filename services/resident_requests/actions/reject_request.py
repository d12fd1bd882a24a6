"""Staff decline it and say why; the reason stays with the request, sealed."""

from uuid import UUID

from event_contracts.resident_requests import RequestRejected
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from platform_kit.timers import clear_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request


async def reject_request(tx: Tx, sealer: Sealer, request_id: UUID, *, reason: str, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["reject_request"])
    await clear_timer(tx, "take_up", request_id)
    await store.save_reason(tx, request_id, sealer.seal(reason, for_="request.reason"))
    return await record(tx, rules.reject(request), RequestRejected, at, reason="declined")
