"""The volunteer has checked in, the provider has begun."""

from uuid import UUID

from event_contracts.resident_requests import RequestStarted
from platform_kit.clock import now
from platform_kit.db import Tx
from resident_requests import store
from resident_requests.actions.record import record
from resident_requests.rules import request as rules
from resident_requests.rules.request import Answer


async def note_started(tx: Tx, request_id: UUID, answer: Answer) -> None:
    request = await store.request_for_update(tx, request_id)
    if request is not None and request.state is rules.State.ASSIGNED and rules.heeded(request, answer):
        at = await now(tx)
        await record(tx, rules.start(request, at), RequestStarted, at, by="assignee")
