"""How many other filings came under a request's id: for staff, who look at them."""

from datetime import datetime

from platform_kit.auth import Caller
from platform_kit.db import Tx
from resident_requests import store
from resident_requests.actions.may_do import may_do
from resident_requests.policy import POLICY, STAFF
from resident_requests.rules.request import Request


async def conflicts_for(tx: Tx, request: Request, by: Caller, at: datetime) -> int | None:
    """None for whom they are not shown to."""
    if not by.has(*STAFF) or not await may_do(tx, by, POLICY["list_conflicts"], request, at):
        return None
    return (await store.count_conflicts(tx, [request.id]))[request.id]
