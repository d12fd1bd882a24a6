"""Staff decline it and say why; the reason stays with the request, sealed."""

from contextlib import suppress
from uuid import UUID

from event_contracts.resident_requests import RequestRejected
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Erased, Sealer
from platform_kit.subject_keys import subject_key
from platform_kit.timers import clear_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules import request as rules
from resident_requests.rules.clocks import PROMISE_TIMER
from resident_requests.rules.request import Request
from resident_requests.rules.sealed import REASON


async def reject_request(tx: Tx, sealer: Sealer, request_id: UUID, *, reason: str, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["reject_request"])
    rejected = rules.reject(request, at)
    for timer in (PROMISE_TIMER, "take_up"):
        await clear_timer(tx, timer, request_id)
    # An imported report is nobody's, and so are the words about it. Of somebody erased none are kept; it ends all the same.
    whose = request.resident_id
    with suppress(Erased):
        key = await subject_key(tx, sealer, whose) if whose else sealer
        await store.save_reason(tx, request_id, key.seal(reason, for_=REASON))
    return await record(tx, rejected, RequestRejected, at, reason="declined")
