"""Whether somebody may do something with a request: as whose it is, for whom, where they are posted, or because they work on it."""

from datetime import datetime

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.policy import Operation
from registry_replica.permitted import permitted
from resident_requests.rules.request import Request, works_on


async def may_do(tx: Tx, by: Caller, operation: Operation, request: Request, at: datetime) -> bool:
    return await permitted(
        tx,
        by,
        operation,
        owner=request.resident_id,
        holder=by.subject if works_on(request, by.subject) else None,
        unit=request.unit_id,
        at=at,
    )
