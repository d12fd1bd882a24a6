"""The resident answers, or staff write down what they said: it goes on, and so does the clock."""

from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from platform_kit.timers import clear_timer
from resident_requests.actions.go_on import go_on
from resident_requests.actions.say import say
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules.comments import Kind
from resident_requests.rules.request import Request


async def answer_question(tx: Tx, sealer: Sealer, request_id: UUID, *, words: str, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["answer_question"])
    going_on = await go_on(tx, request, at, by="answer")
    await clear_timer(tx, "unanswered", request_id)
    await say(tx, sealer, request, Kind.ANSWER, words, by=by, at=at)
    return going_on
