"""The read model: every event that a person's timeline shows; and the registry's appointments, which give staff their posts."""

from collections.abc import Sequence
from typing import Any

from event_contracts import paid_services as paid
from event_contracts import relief_disbursement as relief
from event_contracts import resident_requests as requests
from event_contracts import volunteer_matching as volunteers
from event_contracts.community_registry import (
    AppointmentEnded,
    ResidentCorrected,
    ResidentErased,
    StaffAppointed,
)
from platform_kit.consumer import Consumer, Handler
from platform_kit.db import Tx
from platform_kit.envelope import Received
from registry_replica.consumer import registry_replica
from resident_gateway import actions, store
from resident_gateway.rules.timeline import Item

WAITING = ("offered", "accepted")


def shows(kind: str, subject: str, state: str, **fields: str) -> Handler:
    """The resident's own row: in this state from now on; `fields` names what else the event tells."""

    async def show(tx: Tx, event: Received[Any]) -> None:
        if event.data.resident_id is None:
            return
        told = {name: getattr(event.data, source) for name, source in fields.items()}
        item = Item(
            event.data.resident_id, getattr(event.data, subject), kind, state, event.version, event.at, **told
        )
        await store.save_item(tx, item)

    return show


def _request(state: str, **fields: str) -> Handler:
    """The resident's request, and for whoever follows it its state, which is public."""
    resident = shows("request", "request_id", state, **fields)
    followers = _for_all("followed", "request_id", state)

    async def show(tx: Tx, event: Received[Any]) -> None:
        await resident(tx, event)
        await followers(tx, event)

    return show


def _for_all(kind: str, subject: str, state: str, among: Sequence[str] | None = None) -> Handler:
    """The new state for everybody who has the subject in their timeline; with `among` only where it was in one of these."""

    async def show(tx: Tx, event: Received[Any]) -> None:
        await store.save_state_for_all(
            tx,
            getattr(event.data, subject),
            kind=kind,
            state=state,
            among=among,
            version=event.version,
            at=event.at,
        )

    return show


async def on_request_followed(tx: Tx, event: Received[requests.RequestFollowed]) -> None:
    request = event.data
    for person_id in sorted({*request.follower_ids, *request.joined_ids}):
        item = Item(
            person_id, request.request_id, "followed", request.state, event.version, event.at,
            number=request.case_number, detail=request.category,
        )  # fmt: skip
        await store.save_item(tx, item)


async def on_request_unfollowed(tx: Tx, event: Received[requests.RequestUnfollowed]) -> None:
    await store.delete_item(tx, event.data.follower_id, event.data.request_id, kind="followed")


async def on_request_hidden(tx: Tx, event: Received[requests.RequestHidden]) -> None:
    for person_id in event.data.follower_ids:
        await store.delete_item(tx, person_id, event.data.request_id, kind="followed")


def _application(state: str, **fields: str) -> Handler:
    return shows("application", "application_id", state, **fields)


def _payment(state: str) -> Handler:
    return shows("payment", "payment_id", state, amount="amount", number="period")


def _order(state: str, **fields: str) -> Handler:
    """The resident's order, and the same as the provider's job."""
    resident = shows("order", "order_id", state, detail="service", **fields)

    async def show(tx: Tx, event: Received[Any]) -> None:
        await resident(tx, event)
        await store.save_state_for_all(
            tx, event.data.order_id, kind="job", state=state, among=None, version=event.version, at=event.at
        )

    return show


async def on_order_assigned(tx: Tx, event: Received[paid.OrderAssigned]) -> None:
    order = event.data
    await _order("assigned")(tx, event)
    job = Item(
        order.person_id, order.order_id, "job", "assigned", event.version, event.at, detail=order.service
    )
    await store.save_item(tx, job)


async def on_task_offered(tx: Tx, event: Received[volunteers.TaskOffered]) -> None:
    for offer in event.data.offers:
        await store.save_item(
            tx, Item(offer.person_id, event.data.task_id, "task", "offered", event.version, event.at)
        )


async def on_task_accepted(tx: Tx, event: Received[volunteers.TaskAccepted]) -> None:
    """One holds it; from everybody else it disappears as taken."""
    task = event.data
    await store.save_state_for_all(
        tx, task.task_id, kind="task", state="taken", among=("offered",), version=event.version, at=event.at
    )
    await store.save_item(tx, Item(task.person_id, task.task_id, "task", "accepted", event.version, event.at))


def _task_for_holder(state: str) -> Handler:
    async def show(tx: Tx, event: Received[Any]) -> None:
        await store.save_item(
            tx, Item(event.data.person_id, event.data.task_id, "task", state, event.version, event.at)
        )

    return show


def _task_for_all(state: str) -> Handler:
    return _for_all("task", "task_id", state, WAITING)


async def on_resident_erased(tx: Tx, event: Received[ResidentErased]) -> None:
    await store.delete_accounts_of(tx, event.data.resident_id)
    await actions.forget_told(tx, event.data.resident_id)


async def on_resident_corrected(tx: Tx, event: Received[ResidentCorrected]) -> None:
    """A phone that is not theirs any more opens nothing of theirs. What was opened since is of the new phone."""
    if "phone" in event.data.changed:
        await store.delete_accounts_of(tx, event.data.resident_id, kind="code", opened_before=event.at)


async def on_staff_appointed(tx: Tx, event: Received[StaffAppointed]) -> None:
    made = event.data
    await store.insert_appointment(
        tx, made.appointment_id, made.staff_id, made.post, made.unit_id, made.from_on, made.until_on
    )


async def on_appointment_ended(tx: Tx, event: Received[AppointmentEnded]) -> None:
    await store.save_appointment_ended(tx, event.data.appointment_id, event.at)


CONSUMERS = (
    registry_replica(also_erased=on_resident_erased, corrected=on_resident_corrected),
    Consumer(
        "appointments",
        start="beginning",
        handlers={StaffAppointed: on_staff_appointed, AppointmentEnded: on_appointment_ended},
    ),
    Consumer(
        "timeline",
        start="beginning",
        at_once=True,
        handlers={
            # Nobody follows it yet.
            requests.RequestSubmitted: shows(
                "request", "request_id", "submitted", number="case_number", detail="category"
            ),
            requests.RequestTriaged: _request("triaged", number="case_number", detail="category"),
            requests.RequestAssigned: _request("assigned"),
            requests.RequestUnassigned: _request("triaged"),
            requests.RequestStarted: _request("in_progress"),
            requests.RequestAwaitsResident: _request("awaiting_resident"),
            requests.RequestWentOn: _request("in_progress"),
            requests.RequestResolved: _request("resolved"),
            requests.RequestClosed: _request("closed"),
            requests.RequestReopened: _request("reopened"),
            requests.RequestWithdrawn: _request("withdrawn"),
            requests.RequestRejected: _request("rejected"),
            requests.RequestMerged: _request("merged", detail="into_case_number"),
            requests.RequestFollowed: on_request_followed,
            requests.RequestUnfollowed: on_request_unfollowed,
            requests.RequestHidden: on_request_hidden,
            volunteers.TaskOffered: on_task_offered,
            volunteers.TaskAccepted: on_task_accepted,
            volunteers.TaskReopened: _task_for_all("lapsed"),
            volunteers.TaskCheckedIn: _task_for_holder("checked_in"),
            volunteers.TaskDone: _task_for_holder("done"),
            volunteers.TaskConfirmed: _task_for_holder("confirmed"),
            volunteers.TaskEscalated: _task_for_all("lapsed"),
            volunteers.TaskCancelled: _task_for_all("cancelled"),
            relief.ApplicationSubmitted: _application("submitted", amount="asked"),
            relief.ApplicationVerified: _application("verified"),
            relief.NoticePosted: _application("on_notice"),
            relief.NoticeObjected: _application("submitted"),
            relief.ApplicationReviewed: _application("reviewed"),
            relief.ApplicationApproved: _application("approved", amount="granted"),
            relief.ApplicationReturned: _application("returned"),
            relief.ApplicationRejected: _application("rejected"),
            relief.PaymentDue: _payment("due"),
            relief.PaymentSent: _payment("sent"),
            relief.PaymentPaid: _payment("paid"),
            relief.PaymentReturned: _payment("returned"),
            relief.PaymentReissued: _payment("reissued"),
            paid.OrderQuoted: _order("quoted", number="order_number", amount="price"),
            paid.OrderBooked: _order("booked"),
            paid.OrderAssigned: on_order_assigned,
            paid.OrderStarted: _order("in_service"),
            paid.OrderCompleted: _order("completed"),
            paid.OrderConfirmed: _order("confirmed"),
            paid.OrderDisputed: _order("disputed"),
            paid.OrderPaid: _order("paid", amount="paid"),
            paid.OrderCancelled: _order("cancelled"),
            paid.OrderRefunded: _order("refunded"),
        },
    ),
)
