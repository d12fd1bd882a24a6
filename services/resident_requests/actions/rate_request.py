"""The resident says how good it was; the words are sealed, the stars are counted."""

from uuid import UUID

from event_contracts.resident_requests import RequestRated
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from platform_kit.subject_keys import subject_key
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.problems import RatedAlready
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request
from resident_requests.rules.sealed import RATING
from resident_requests.store import Rating


async def rate_request(
    tx: Tx, sealer: Sealer, request_id: UUID, *, stars: int, words: str | None, by: Caller
) -> tuple[Request, Rating]:
    request, at = await take(tx, request_id, by, POLICY["rate_request"])
    rules.rate(request)
    sealed = None
    if words is not None and request.resident_id is not None:
        key = await subject_key(tx, sealer, request.resident_id)
        sealed = key.seal(words, for_=RATING)
    rating = Rating(request.id, request.round, stars, sealed, by.subject, at)
    if not await store.insert_rating(tx, rating):
        raise RatedAlready
    return await record(tx, request, RequestRated, at, round=request.round, stars=stars), rating
