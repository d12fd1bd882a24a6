"""What this service listens to: the registry, and what volunteers and paid services make of its requests."""

from event_contracts.community_registry import ResidentErased
from event_contracts.paid_services import (
    OrderAssigned,
    OrderCancelled,
    OrderCompleted,
    OrderStarted,
    ServiceOffered,
)
from event_contracts.volunteer_matching import (
    TaskAccepted,
    TaskCheckedIn,
    TaskDone,
    TaskEscalated,
    TaskReopened,
)
from platform_kit.consumer import Consumer
from platform_kit.db import Tx
from platform_kit.envelope import Received
from registry_replica.consumer import registry_replica
from registry_replica.places import on_unit_placed
from resident_requests import actions


async def on_task_accepted(tx: Tx, event: Received[TaskAccepted]) -> None:
    await actions.note_taken_up(
        tx, event.data.request_id, route="volunteers", assignee_id=event.data.person_id
    )


async def on_task_reopened(tx: Tx, event: Received[TaskReopened]) -> None:
    if event.data.why == "stepped_back":
        await actions.note_stepped_back(tx, event.data.request_id, route="volunteers")


async def on_task_checked_in(tx: Tx, event: Received[TaskCheckedIn]) -> None:
    await actions.note_started(tx, event.data.request_id, route="volunteers")


async def on_task_done(tx: Tx, event: Received[TaskDone]) -> None:
    await actions.note_done(tx, event.data.request_id, route="volunteers", by=event.data.person_id)


async def on_task_escalated(tx: Tx, event: Received[TaskEscalated]) -> None:
    await actions.escalate_request(tx, event.data.request_id, route="volunteers")


async def on_service_offered(tx: Tx, event: Received[ServiceOffered]) -> None:
    await actions.note_service_offered(tx, event.data.service)


async def on_order_assigned(tx: Tx, event: Received[OrderAssigned]) -> None:
    order = event.data
    if order.request_id is not None:
        await actions.note_taken_up(
            tx, order.request_id, route="paid_service", assignee_id=order.person_id, order_id=order.order_id
        )


async def on_order_started(tx: Tx, event: Received[OrderStarted]) -> None:
    if event.data.request_id is not None:
        await actions.note_started(tx, event.data.request_id, route="paid_service")


async def on_order_completed(tx: Tx, event: Received[OrderCompleted]) -> None:
    order = event.data
    if order.request_id is not None and order.person_id is not None:
        await actions.note_done(tx, order.request_id, route="paid_service", by=order.person_id)


async def on_order_cancelled(tx: Tx, event: Received[OrderCancelled]) -> None:
    if event.data.request_id is not None:
        await actions.note_order_cancelled(tx, event.data.request_id)


async def on_resident_erased(tx: Tx, event: Received[ResidentErased]) -> None:
    await actions.forget_places(tx, event.data.resident_id)


CONSUMERS = (
    registry_replica(also_erased=on_resident_erased, placed=on_unit_placed),
    Consumer(
        "tasks",
        start="beginning",
        handlers={
            TaskAccepted: on_task_accepted,
            TaskReopened: on_task_reopened,
            TaskCheckedIn: on_task_checked_in,
            TaskDone: on_task_done,
            TaskEscalated: on_task_escalated,
        },
    ),
    Consumer("services", start="beginning", handlers={ServiceOffered: on_service_offered}),
    Consumer(
        "orders",
        start="beginning",
        handlers={
            OrderAssigned: on_order_assigned,
            OrderStarted: on_order_started,
            OrderCompleted: on_order_completed,
            OrderCancelled: on_order_cancelled,
        },
    ),
)
