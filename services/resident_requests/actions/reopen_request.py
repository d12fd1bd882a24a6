"""The resident says that it is not done, while the window for that is open."""

from datetime import timedelta
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx
from resident_requests.actions.open_again import open_again
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules.request import Request


async def reopen_request(tx: Tx, request_id: UUID, *, window: timedelta, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["reopen_request"])
    return await open_again(tx, request, at, window=window, by=by)
