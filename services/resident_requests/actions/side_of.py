"""For whom somebody speaks about a request: staff of its unit for the staff, everybody else who may for the resident."""

from platform_kit.auth import Caller
from platform_kit.db import Tx
from registry_replica.store import within
from resident_requests.policy import STAFF
from resident_requests.rules.comments import Side
from resident_requests.rules.request import Request


async def side_of(tx: Tx, request: Request, by: Caller) -> Side:
    return "staff" if await within(tx, by, request.unit_id, *STAFF) else "resident"
