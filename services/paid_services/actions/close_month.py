"""A month that is over is closed: no entry goes into it any more."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from paid_services import store
from paid_services.policy import POLICY
from paid_services.problems import PeriodClosed, PeriodNotOver
from platform_kit.auth import Caller
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from registry_replica.store import unit


async def close_month(tx: Tx, month: str, *, by: Caller) -> tuple[UUID, datetime]:
    """Who closed it and when. The month is over when it is over where the one who closes it has their post."""
    [post, *_] = POLICY["close_month"].top_posts(by)
    where = await unit(tx, post.unit_id)
    if where is None:
        raise NotFound(what="unit")
    at = await now(tx)
    year, number = (int(part) for part in month.split("-"))
    if at.astimezone(ZoneInfo(where.zone)).date() < date(year + number // 12, number % 12 + 1, 1):
        raise PeriodNotOver(field="month", month=month)
    if not await store.close_period(tx, month, by.subject, at):
        raise PeriodClosed(field="month", month=month)
    return by.subject, at
