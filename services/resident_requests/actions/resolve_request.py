"""Staff say that it is done; the resident has seven days to confirm or to disagree."""

from uuid import UUID

from event_contracts.resident_requests import RequestResolved
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.timers import set_timer
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request


async def resolve_request(tx: Tx, request_id: UUID, *, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["resolve_request"])
    resolved = rules.resolve(request, at)
    await set_timer(tx, "silence", request_id, at + rules.SILENCE)
    return await record(tx, resolved, RequestResolved, at, resolved_by=by.subject)
