"""The end of every action on a request: save the new state, publish what happened."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from event_contracts.base import EventPayload
from platform_kit.db import Tx
from platform_kit.outbox import publish
from resident_requests import store
from resident_requests.rules.request import Request


async def record(tx: Tx, request: Request, event: type[EventPayload], at: datetime, **facts: Any) -> Request:
    """The request with its new version; `facts` are what the event says beyond whose and where it is."""
    version = await store.save_request(tx, request)
    whose = {
        "request_id": request.id,
        "resident_id": request.resident_id,
        "unit_id": request.unit_id,
    }
    happened = event.model_validate(whose | facts)
    await publish(tx, happened, version=version, at=at)
    return replace(request, version=version)
