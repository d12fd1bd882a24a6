"""Staff take a request off what everybody sees, for good: it names somebody, or should not stand there. The request stays
theirs whose it is, and who followed it hears no more of it."""

from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx, as_system
from resident_requests import store
from resident_requests.actions.hide_requests import hide_requests
from resident_requests.actions.take import take
from resident_requests.policy import POLICY
from resident_requests.rules.request import Request


async def withhold_report(tx: Tx, request_id: UUID, *, by: Caller) -> Request:
    request, at = await take(tx, request_id, by, POLICY["withhold_report"])
    async with as_system(tx):
        await store.delete_public_report(tx, request_id)
        await store.delete_likeness(tx, request_id)
        await hide_requests(tx, [request_id], at)
    return request
