"""What this service listens to: the registry and who is appointed there, and what volunteers, paid services and relief make of its
requests."""

from event_contracts.community_registry import AppointmentEnded, ResidentErased, StaffAppointed
from event_contracts.paid_services import (
    OrderAssigned,
    OrderCancelled,
    OrderCompleted,
    OrderStarted,
    ServiceOffered,
)
from event_contracts.relief_disbursement import (
    ApplicationApproved,
    ApplicationRejected,
    ApplicationSubmitted,
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
from resident_requests import actions, store
from resident_requests.rules.request import Answer

_Task = TaskAccepted | TaskReopened | TaskCheckedIn | TaskDone | TaskEscalated
_Application = ApplicationSubmitted | ApplicationApproved | ApplicationRejected
_Order = OrderAssigned | OrderStarted | OrderCompleted | OrderCancelled


async def on_task_accepted(tx: Tx, event: Received[TaskAccepted]) -> None:
    await actions.note_taken_up(
        tx, event.data.request_id, _of_task(event.data), assignee_id=event.data.person_id
    )


async def on_task_reopened(tx: Tx, event: Received[TaskReopened]) -> None:
    if event.data.why == "stepped_back":
        await actions.note_stepped_back(tx, event.data.request_id, _of_task(event.data))


async def on_task_checked_in(tx: Tx, event: Received[TaskCheckedIn]) -> None:
    await actions.note_started(tx, event.data.request_id, _of_task(event.data))


async def on_task_done(tx: Tx, event: Received[TaskDone]) -> None:
    await actions.note_done(tx, event.data.request_id, _of_task(event.data), by=event.data.person_id)


async def on_task_escalated(tx: Tx, event: Received[TaskEscalated]) -> None:
    await actions.escalate_request(tx, event.data.request_id, _of_task(event.data))


def _of_task(task: _Task) -> Answer:
    return Answer("volunteers", task.task_id, task.request_version)


async def on_service_offered(tx: Tx, event: Received[ServiceOffered]) -> None:
    await actions.note_service_offered(tx, event.data.service)


async def on_order_assigned(tx: Tx, event: Received[OrderAssigned]) -> None:
    order = event.data
    if order.request_id is not None:
        await actions.note_taken_up(
            tx, order.request_id, _of_order(order), assignee_id=order.person_id, starts_at=order.starts_at
        )


async def on_order_started(tx: Tx, event: Received[OrderStarted]) -> None:
    if event.data.request_id is not None:
        await actions.note_started(tx, event.data.request_id, _of_order(event.data))


async def on_order_completed(tx: Tx, event: Received[OrderCompleted]) -> None:
    order = event.data
    if order.request_id is not None and order.person_id is not None:
        await actions.note_done(tx, order.request_id, _of_order(event.data), by=order.person_id)


async def on_order_cancelled(tx: Tx, event: Received[OrderCancelled]) -> None:
    if event.data.request_id is not None:
        await actions.note_called_off(tx, event.data.request_id, _of_order(event.data))


def _of_order(order: _Order) -> Answer:
    return Answer("paid_service", order.order_id, order.request_version)


async def on_application_submitted(tx: Tx, event: Received[ApplicationSubmitted]) -> None:
    """Handed in once more, with what was asked for, it takes up nothing: the request has it already."""
    application = event.data
    if application.request_id is not None:
        await actions.note_taken_up(
            tx, application.request_id, _of_application(application), assignee_id=application.filed_by
        )


async def on_application_approved(tx: Tx, event: Received[ApplicationApproved]) -> None:
    application = event.data
    if application.request_id is not None:
        await actions.note_done(
            tx, application.request_id, _of_application(application), by=application.reviewer_id
        )


async def on_application_rejected(tx: Tx, event: Received[ApplicationRejected]) -> None:
    if event.data.request_id is not None:
        await actions.note_called_off(tx, event.data.request_id, _of_application(event.data))


def _of_application(application: _Application) -> Answer:
    return Answer("relief", application.application_id, application.request_version)


async def on_staff_appointed(tx: Tx, event: Received[StaffAppointed]) -> None:
    made = event.data
    await store.insert_appointment(
        tx, made.appointment_id, made.staff_id, made.post, made.unit_id, made.from_on, made.until_on
    )


async def on_appointment_ended(tx: Tx, event: Received[AppointmentEnded]) -> None:
    await store.save_appointment_ended(tx, event.data.appointment_id, event.at)


async def on_resident_erased(tx: Tx, event: Received[ResidentErased]) -> None:
    await actions.forget_places(tx, event.data.resident_id)


CONSUMERS = (
    registry_replica(also_erased=on_resident_erased, placed=on_unit_placed),
    Consumer(
        "appointments",
        start="beginning",
        handlers={StaffAppointed: on_staff_appointed, AppointmentEnded: on_appointment_ended},
    ),
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
    Consumer(
        "applications",
        start="beginning",
        handlers={
            ApplicationSubmitted: on_application_submitted,
            ApplicationApproved: on_application_approved,
            ApplicationRejected: on_application_rejected,
        },
    ),
)
