"""The category of a request as it is now: every request has one."""

from platform_kit.db import Tx
from resident_requests import store
from resident_requests.rules.category import Category
from resident_requests.rules.request import Request


async def category_of(tx: Tx, request: Request) -> Category:
    category = await store.category(tx, request.category)
    if category is None:
        raise LookupError(f"no category {request.category}")
    return category
