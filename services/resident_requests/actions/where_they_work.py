"""Whoever of the staff works on a request may act on it also where it lies elsewhere; nothing of it is shown to them there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from uuid import UUID

from platform_kit.auth import Caller
from platform_kit.db import Tx, as_system
from resident_requests import store
from resident_requests.policy import STAFF
from resident_requests.rules.request import works_on


@asynccontextmanager
async def where_they_work(tx: Tx, request_id: UUID, by: Caller) -> AsyncIterator[None]:
    """The rows' policies do not hide that one request from them meanwhile; the operation's own rule is asked all the same."""
    elsewhere = by.has(*STAFF) and await _works_on(tx, request_id, by)
    async with as_system(tx) if elsewhere else nullcontext():
        yield


async def _works_on(tx: Tx, request_id: UUID, by: Caller) -> bool:
    async with as_system(tx):
        request = await store.request(tx, request_id)
    return request is not None and works_on(request, by.subject)
