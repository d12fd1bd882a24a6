"""What became of a request, for whoever is concerned: what is public of it, why it was declined, what was done."""

from dataclasses import dataclass
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.sealing import Sealer
from resident_requests import store
from resident_requests.actions.find_key import find_key
from resident_requests.actions.look_together import look_together
from resident_requests.policy import POLICY
from resident_requests.rules.request import Request
from resident_requests.rules.sealed import COMMENT, REASON


@dataclass(frozen=True, slots=True)
class Became:
    """`reason` and `resolution` are words of staff; None for what was not said, was said before theirs came to it, or is erased."""

    request: Request
    reason: str | None
    resolution: str | None


async def read_outcome(tx: Tx, sealer: Sealer, request_id: UUID, *, by: Caller) -> Became:
    seen = await look_together(tx, request_id, by, POLICY["read_outcome"])
    async with seen.acting(tx):
        sealed = await store.sealed(tx, request_id)
        done = await store.newest_resolution(tx, request_id, seen.joined.since if seen.joined else None)
    key = await find_key(tx, sealer, seen.request)
    return Became(
        seen.request,
        key.open(sealed.reason, for_=REASON) if sealed and sealed.reason else None,
        key.open(done.words, for_=COMMENT) if done else None,
    )
