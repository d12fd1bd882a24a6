"""The end of every action on an order: save the new state, publish what happened."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from event_contracts.base import EventPayload
from paid_services import store
from paid_services.rules.order import Order
from platform_kit.db import Tx
from platform_kit.outbox import publish


async def record(tx: Tx, order: Order, event: type[EventPayload], at: datetime, **facts: Any) -> Order:
    """The order with its new version; `facts` are what the event says beyond whose and where it is."""
    version = await store.save_order(tx, order)
    whose = {
        "order_id": order.id,
        "resident_id": order.resident_id,
        "unit_id": order.unit_id,
        "service": order.service,
        "request_id": order.request_id,
        "request_version": order.request_version,
    }
    happened = event.model_validate(whose | facts)
    await publish(tx, happened, version=version, at=at)
    return replace(order, version=version)
