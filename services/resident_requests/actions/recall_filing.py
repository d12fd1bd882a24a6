"""What came before under the id that a device made: it sends until it is told that it has arrived."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from event_contracts.resident_requests import RequestFiledOtherwise
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx, as_system
from platform_kit.ids import new_id
from platform_kit.sealing import SubjectKey
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.policy import STAFF
from resident_requests.problems import IdTaken
from resident_requests.rules.filing import one_more
from resident_requests.rules.request import Request, as_it_came, wrote_down
from resident_requests.rules.sealed import CONFLICT


async def recall_filing(
    tx: Tx, request_id: UUID, sent: Mapping[str, Any], sent_print: bytes, *, key: SubjectKey, by: Caller
) -> tuple[Request, UUID | None] | None:
    """The request that there is, and where other content than its own is kept beside it, sealed by `key`; None when nothing came.
    Raises IdTaken for another resident's, OtherFilingsFull where so much is kept that no more is."""
    if (earlier := await store.request(tx, request_id)) is not None:
        return await _kept(tx, earlier, sent, sent_print, key, by)
    if not by.has(*STAFF):
        return None
    # What lies in another unit is not shown any more to whoever of the staff wrote it down.
    async with as_system(tx):
        hidden = await store.request(tx, request_id)
        if hidden is None or not wrote_down(hidden, by.subject):
            return None
        return as_it_came(hidden), (await _kept(tx, hidden, sent, sent_print, key, by))[1]


async def _kept(
    tx: Tx, earlier: Request, sent: Mapping[str, Any], sent_print: bytes, key: SubjectKey, by: Caller
) -> tuple[Request, UUID | None]:
    """Its worker is told once of each: what a device sends until it hears that it has arrived is kept and told of only the first time."""
    if earlier.resident_id != sent["resident_id"]:
        raise IdTaken(field="id")
    if await store.content_print(tx, earlier.id) == sent_print:
        return earlier, None
    await store.lock_request(tx, earlier.id)
    content = json.dumps(sent, ensure_ascii=False, default=str)
    as_kept = json.loads(content)
    others = await store.conflicts(tx, earlier.id)
    for each in others:
        if json.loads(key.open(each.content, for_=CONFLICT) or "null") == as_kept:
            return earlier, each.id
    one_more([each.content for each in others])
    request, at, kept = await store.request(tx, earlier.id) or earlier, await now(tx), new_id()
    await store.insert_conflict(tx, kept, request.id, key.seal(content, for_=CONFLICT), by.subject, at)
    return await record(tx, request, RequestFiledOtherwise, at, filing_id=kept, sent_by=by.subject), kept
