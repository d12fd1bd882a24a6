"""Staff cannot go on without the resident: they ask, and until they are answered the clock stands still."""

from uuid import UUID

from event_contracts.resident_requests import RequestAwaitsResident
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from platform_kit.timers import set_timer
from resident_requests.actions.record import record
from resident_requests.actions.say import say
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules import request as rules
from resident_requests.rules.comments import Kind
from resident_requests.rules.request import Request


async def ask_resident(tx: Tx, sealer: Sealer, request_id: UUID, *, words: str, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["ask_resident"])
    waiting = rules.ask(request, at)
    await say(tx, sealer, request, Kind.QUESTION, words, by=by, at=at)
    await set_timer(tx, "unanswered", request_id, at + rules.SILENCE)
    return await record(tx, waiting, RequestAwaitsResident, at)
