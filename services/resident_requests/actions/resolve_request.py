"""Staff say that it is done and show it; the resident has seven days to confirm or to disagree."""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from event_contracts.resident_requests import RequestResolved
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from platform_kit.sealing import Erased, Sealer
from platform_kit.timers import set_timer
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.actions.say import say
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.problems import ShowsNothingDone
from resident_requests.rules import request as rules
from resident_requests.rules.attachments import shows_what_was_done
from resident_requests.rules.comments import Kind
from resident_requests.rules.request import Request


async def resolve_request(
    tx: Tx,
    sealer: Sealer,
    request_id: UUID,
    *,
    words: str | None = None,
    pictures: Sequence[int] = (),
    by: Caller,
) -> Request:
    """`pictures` are numbers of those that the request has and that show what was done."""
    request, at = await take(tx, request_id, by, POLICY["resolve_request"])
    resolved = rules.resolve(request, at)
    # Of somebody erased no words are kept; what waits of theirs is ended all the same.
    with suppress(Erased):
        if words is not None:
            await say(tx, sealer, request, Kind.RESOLUTION, words, by=by, at=at)
    if pictures:
        await _show(tx, request, pictures)
    await set_timer(tx, "silence", request_id, at + rules.SILENCE)
    return await record(tx, resolved, RequestResolved, at, resolved_by=by.subject)


async def _show(tx: Tx, request: Request, numbers: Sequence[int]) -> None:
    there = {each.number: each for each in await store.attachments(tx, request.id)}
    for number in numbers:
        picture = there.get(number)
        if picture is None:
            raise NotFound(what="attachment", field="pictures")
        if not shows_what_was_done(request, picture.side, picture.added_at):
            raise ShowsNothingDone(field="pictures", number=number)
    await store.save_evidence(tx, request.id, numbers, request.round)
