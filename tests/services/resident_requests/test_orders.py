"""What paid services answer moves the request that was routed there, and no other; and reading it all again adds nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from event_contracts.paid_services import (
    OrderAssigned,
    OrderCancelled,
    OrderCompleted,
    OrderStarted,
    ServiceOffered,
)
from event_contracts.resident_requests import RequestAssigned, RequestEscalated, RequestResolved
from event_contracts.volunteer_matching import TaskAccepted, TaskCheckedIn, TaskDone
from platform_kit.money import Money
from replay import read_again, rows

from .conftest import Neighbourhood

NOTHING = Money(0, "CNY")


class _Order:
    def __init__(self, here: Neighbourhood, request: Any, *, of_a_request: bool = True) -> None:
        self.here = here
        self.person = uuid4()
        self.about = {
            "order_id": uuid4(), "resident_id": here.resident.subject, "unit_id": here.unit, "service": "bath_help",
            "request_id": UUID(request["id"]) if of_a_request else None,
        }  # fmt: skip

    async def assigned(self) -> None:
        await self.happens(OrderAssigned, provider_id=uuid4(), person_id=self.person)

    async def happens(self, event: Any, **facts: Any) -> None:
        await self.here.service.deliver("orders", event(**self.about, **facts))


async def _not_taken_up(here: Neighbourhood) -> int:
    told = await here.service.published(RequestEscalated)
    return sum(event.data.why == "not_taken_up" for event in told)


async def test_the_order_moves_the_request_to_its_end(here: Neighbourhood) -> None:
    request = await here.triaged("paid_service")
    order = _Order(here, request)
    await order.assigned()
    [assigned] = await here.service.published(RequestAssigned)
    assert (assigned.data.assignee_id, assigned.data.order_id) == (order.person, order.about["order_id"])
    assert await here.state(request["id"]) == "assigned"
    await order.happens(OrderStarted)
    assert await here.state(request["id"]) == "in_progress"
    await order.happens(OrderCompleted, person_id=order.person)
    assert await here.state(request["id"]) == "resolved"
    [resolved] = await here.service.published(RequestResolved)
    assert resolved.data.resolved_by == order.person
    await here.service.advance(timedelta(days=3))
    await here.service.fire_timers()
    assert await _not_taken_up(here) == 0


@pytest.mark.parametrize("begun", [False, True])
async def test_an_order_that_is_called_off_gives_it_back_and_tells_the_worker_at_once_and_once(
    here: Neighbourhood, begun: bool
) -> None:
    request = await here.triaged("paid_service")
    order = _Order(here, request)
    if begun:
        await order.assigned()
    await order.happens(OrderCancelled, fee=NOTHING)
    assert await here.state(request["id"]) == "triaged"
    assert await _not_taken_up(here) == 1
    await here.service.advance(timedelta(days=3))
    await here.service.fire_timers()
    assert await _not_taken_up(here) == 1


async def test_what_is_not_of_a_request_or_comes_when_it_went_another_way_moves_nothing(
    here: Neighbourhood,
) -> None:
    asked, elsewhere = await here.triaged("paid_service"), await here.triaged("volunteers")
    await _Order(here, asked, of_a_request=False).assigned()
    for late in (_Order(here, elsewhere),):
        await late.assigned()
        await late.happens(OrderStarted)
        await late.happens(OrderCompleted, person_id=late.person)
        await late.happens(OrderCancelled, fee=NOTHING)
    assert [await here.state(each["id"]) for each in (asked, elsewhere)] == ["triaged", "triaged"]
    assert await here.service.published(RequestAssigned) == []
    assert await _not_taken_up(here) == 0
    assert await here.service.parked() == []


async def test_a_volunteer_of_before_does_not_get_what_was_routed_to_others_since(
    here: Neighbourhood,
) -> None:
    request = await here.triaged("community")
    about = {"task_id": uuid4(), "request_id": UUID(request["id"]), "resident_id": here.resident.subject,
             "unit_id": here.unit, "volunteer_id": uuid4(), "person_id": uuid4()}  # fmt: skip
    await here.service.deliver("tasks", TaskAccepted(**about, offer_id=uuid4()))
    assert await here.state(request["id"]) == "triaged"


async def test_a_second_group_that_reads_all_topics_again_adds_nothing(here: Neighbourhood) -> None:
    """K17."""
    helped, served = await here.triaged("volunteers"), await here.triaged("paid_service")
    who = {"volunteer_id": uuid4(), "person_id": uuid4()}
    task = {"task_id": uuid4(), "request_id": UUID(helped["id"]), "resident_id": here.resident.subject,
            "unit_id": here.unit, **who}  # fmt: skip
    called_off = await here.triaged("paid_service")
    order, other = _Order(here, served).about, _Order(here, called_off).about
    tasks = (
        TaskAccepted(**task, offer_id=uuid4()),
        TaskCheckedIn(**task),
        TaskDone(**task, minutes=30),
    )
    orders = (
        OrderAssigned(**order, provider_id=uuid4(), person_id=uuid4()),
        OrderStarted(**order),
        OrderCompleted(**order, person_id=uuid4()),
    )
    gone = (
        OrderAssigned(**other, provider_id=uuid4(), person_id=uuid4()),
        OrderCancelled(**other, fee=NOTHING),
    )
    offered = ServiceOffered(service="bath_help")
    told = (("tasks", tasks), ("orders", orders), ("orders", gone), ("services", (offered,)))
    for consumer, events in told:
        await here.service.deliver(consumer, *events)
    before = await rows(here.service)
    for consumer, events in told:
        await read_again(
            here.service, consumer, *((event, version) for version, event in enumerate(events, 1))
        )
    assert await rows(here.service) == before
    assert [await here.state(each["id"]) for each in (helped, served)] == ["resolved", "resolved"]
