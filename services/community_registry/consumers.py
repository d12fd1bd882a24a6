"""What the registry listens to: who works for whom, and may therefore see how to reach them."""

from typing import Any

from community_registry import store
from community_registry.rules.contact import needed_until
from event_contracts.paid_services import OrderAssigned, OrderBooked, OrderCancelled, OrderCompleted
from event_contracts.volunteer_matching import (
    TaskAccepted,
    TaskCancelled,
    TaskDone,
    TaskOpened,
    TaskReopened,
)
from platform_kit.consumer import Consumer
from platform_kit.db import Tx
from platform_kit.envelope import Received


async def on_task_opened(tx: Tx, event: Received[TaskOpened]) -> None:
    task = event.data
    await store.save_work(tx, task.task_id, task.resident_id, needed_until(task.ends_at))


async def on_order_booked(tx: Tx, event: Received[OrderBooked]) -> None:
    order = event.data
    await store.save_work(tx, order.order_id, order.resident_id, needed_until(order.starts_at))


async def on_task_accepted(tx: Tx, event: Received[TaskAccepted]) -> None:
    await store.save_holder(tx, event.data.task_id, event.data.person_id)


async def on_task_reopened(tx: Tx, event: Received[TaskReopened]) -> None:
    await store.save_holder(tx, event.data.task_id, None)


async def on_order_assigned(tx: Tx, event: Received[OrderAssigned]) -> None:
    await store.save_holder(tx, event.data.order_id, event.data.person_id)


async def on_task_over(tx: Tx, event: Received[Any]) -> None:
    await store.delete_work(tx, event.data.task_id)


async def on_order_over(tx: Tx, event: Received[Any]) -> None:
    await store.delete_work(tx, event.data.order_id)


CONSUMERS = (
    Consumer(
        "contacts",
        start="beginning",
        # Whoever has just accepted calls them.
        at_once=True,
        handlers={
            TaskOpened: on_task_opened,
            TaskAccepted: on_task_accepted,
            TaskReopened: on_task_reopened,
            TaskDone: on_task_over,
            TaskCancelled: on_task_over,
            OrderBooked: on_order_booked,
            OrderAssigned: on_order_assigned,
            OrderCompleted: on_order_over,
            OrderCancelled: on_order_over,
        },
    ),
)
